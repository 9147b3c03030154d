/**
 * Where tests keep what they throw away: each file's clone of the database is six hundred files, which a disk takes a tenth of a second of a core and more to
 * make, and memory a fiftieth. `npm run proof` keeps them on the disk, as the product does.
 */
import { statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { FULL } from './size.ts';

/** Linux has it; a container may have it with 64 MB. */
const MEMORY = '/dev/shm';
const ROOM_BYTES_MIN = 2 * 1024 ** 3;
const FREE_BYTES_MIN = 6 * 1024 ** 3;

/** Makes `tmpdir()` of this process, and of those that it starts, a folder in memory, where there is much of it. Who has set TMPDIR has said where. */
export function keepInMemory(): void {
  if (FULL || process.env.TMPDIR || process.platform !== 'linux') return;
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize >= ROOM_BYTES_MIN && freemem() >= FREE_BYTES_MIN) process.env.TMPDIR = MEMORY;
  } catch {
    // There is none.
  }
}
