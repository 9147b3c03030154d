import { createHash } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CountersignError } from '#lib/core/errors.ts';
import { processLife } from './process.ts';

export type FolderLock = { release(): void };

const TRIES_MAX = 20;

/**
 * Takes the folder for this process. A lock whose holder is gone (kill -9, reboot, an id given to another process) is taken over.
 *
 * @throws CountersignError `locked`, naming the process that holds it.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'lock');
  const mine = JSON.stringify({ pid: process.pid, life: processLife(process.pid) });
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, mine, { mode: 0o600 });
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      if (claim(draft, path)) return { release: () => release(path, mine) };
      const found = read(path);
      if (found === null) continue;
      const holder = holderOf(found);
      if (holder !== null) {
        throw new CountersignError(
          'locked',
          `${folder} is in use by another Countersign (process ${holder}). Stop that one, or set DATA_DIR (and PORT) to start a second one.`,
          { facts: { pid: holder } },
        );
      }
      breakStale(draft, path, found);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new CountersignError('locked', `${path} keeps changing hands. Start again in a moment.`);
}

/** link() is the atomic "create with this content, unless it is there". */
function claim(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(text: string): number | null {
  try {
    const { pid, life } = JSON.parse(text) as { pid: number; life: string };
    return processLife(pid) === life && life !== null ? pid : null;
  } catch {
    return null;
  }
}

/**
 * Removes the lock of a dead holder. Only one process at a time may: otherwise one that looked a moment ago would remove what a newcomer has just taken. The right
 * to remove a lock is a lock itself, named after what it removes, and is taken over in the same way when its holder dies.
 */
function breakStale(draft: string, path: string, stale: string): void {
  const right = `${path}-${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`;
  if (claim(draft, right)) {
    if (read(path) === stale) rmSync(path, { force: true });
    rmSync(right, { force: true });
    return;
  }
  const breaker = read(right);
  if (breaker === null) return;
  if (holderOf(breaker) === null) breakStale(draft, right, breaker);
  else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BREAKING_MS);
}

/** How long to wait for somebody who removes a stale lock: it takes a few system calls. */
const BREAKING_MS = 20;

function release(path: string, mine: string): void {
  if (read(path) === mine) rmSync(path, { force: true });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
