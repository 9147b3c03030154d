/** This process's store of originals. */
import { join } from 'node:path';
import { env } from '#lib/env.ts';
import { originalsIn } from './folder.ts';
import type { Originals } from './port.ts';

/** In ORIGINALS_DIR, or under DATA_DIR: where several machines upload and read, they share it. */
export function originals(): Originals {
  return originalsIn(env().ORIGINALS_DIR ?? join(env().DATA_DIR, 'originals'));
}
