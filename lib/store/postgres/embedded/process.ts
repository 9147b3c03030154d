/** What can be known about another process by its id, so that an id that was given to somebody else is not mistaken for it. */

import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';

/**
 * A string that names one life of one process, or null when there is none by that id (a zombie counts as none).
 * Two processes that had the same id at different times give different strings.
 */
export function processLife(pid: number): string | null {
  if (!isThere(pid)) return null;
  if (process.platform === 'linux') {
    const stat = readQuietly(`/proc/${pid}/stat`);
    if (stat === null) return null;
    // The name in parentheses may hold spaces and parentheses itself: count the fields after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${readQuietly('/proc/sys/kernel/random/boot_id')?.trim() ?? 'boot'}/${fields[19]}`;
  }
  if (process.platform === 'win32') return 'windows';
  const [state, ...started] = runQuietly('ps', ['-o', 'stat=,lstart=', '-p', String(pid)])
    .trim()
    .split(/\s+/);
  return !state || state.startsWith('Z') ? null : started.join(' ');
}

/** Whether this process is a PostgreSQL server (the postmaster) on that data directory. */
export function isPostmasterOf(pid: number, dataPath: string): boolean {
  if (processLife(pid) === null) return false;
  if (process.platform === 'linux') {
    try {
      // The postmaster works in its data directory.
      return realpathSync(`/proc/${pid}/cwd`) === realpathSync(dataPath);
    } catch {
      return false;
    }
  }
  if (process.platform === 'win32') return runQuietly('tasklist', ['/FI', `PID eq ${pid}`, '/NH']).includes('postgres');
  const command = runQuietly('ps', ['-o', 'command=', '-p', String(pid)]);
  return command.includes('postgres') && command.includes(dataPath);
}

function isThere(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readQuietly(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function runQuietly(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
