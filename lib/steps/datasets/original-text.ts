/** The beginning of a kept file for the eye: of a packed one, of what is in it. */
import { LINES_SCAN_BYTES } from '#lib/core/limits.ts';
import { fileToRead } from '#lib/ingest/registry.ts';
import { firstBytes } from '#lib/ingest/source.ts';
import type { Original } from '#lib/store/originals/port.ts';

/** Its first bytes; null of an archive that would have to be taken in whole before anything of it can be read, and is too large for that. */
export async function beginningOf(original: Original, name: string, most: number): Promise<AsyncIterable<Buffer> | null> {
  if (original.bytes > LINES_SCAN_BYTES && (await isArchive(original))) return null;
  const { chunks } = await fileToRead({ name, chunks: original.read() });
  return firstBytes(chunks, most).chunks;
}

async function isArchive(original: Original): Promise<boolean> {
  for await (const piece of original.read(ARCHIVE.length)) return piece.equals(ARCHIVE);
  return false;
}

const ARCHIVE = Buffer.from('PK');
