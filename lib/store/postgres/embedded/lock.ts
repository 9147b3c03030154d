import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
      breakStale(path, found);
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

/** Moves a stale lock out of the way; if a newcomer took it between our look and our move, it gets it back. */
function breakStale(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside) !== stale) claim(aside, path);
  rmSync(aside, { force: true });
}

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
