/** What npm runs ends with its npm: whoever ends npm alone means all of it, and the shell between the two passes no signal on. */
import { readFileSync } from 'node:fs';

const LOOK_MS = 1_000;
/** Who may stand between npm and us: not every shell replaces itself by the last command that it runs. */
const SHELLS = ['sh', 'ash', 'bash', 'busybox', 'dash', 'zsh'];

/**
 * Calls `gone` when the npm that started this process is no more, at most a second later. Never for a process that npm did not start: that one may
 * outlive its parent, as `nohup node bin/start.ts &` does.
 *
 * @param program this one, as package.json runs it: what npm started may have started others, which have its environment
 */
export function whenNpmIsGone(program: string, gone: () => void): void {
  if (!process.env.npm_lifecycle_script?.includes(program)) return;
  const parent = process.ppid;
  const above = isShell(parent) ? parentOf(parent) : null;
  const timer = setInterval(() => {
    if (process.ppid === parent && (above === null || parentOf(parent) === above)) return;
    clearInterval(timer);
    gone();
  }, LOOK_MS);
  timer.unref();
}

function isShell(pid: number): boolean {
  return SHELLS.includes(statusOf(pid, 'Name') ?? '');
}

function parentOf(pid: number): number | null {
  const found = statusOf(pid, 'PPid');
  return found === null ? null : Number(found);
}

/** A line of Linux's /proc/<pid>/status; null elsewhere, where the usual shell replaces itself. */
function statusOf(pid: number, line: string): string | null {
  try {
    return new RegExp(`^${line}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}
