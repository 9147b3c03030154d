/** How datasets were read, as it is written down: insert-only. What asks for it is in readings.sql.ts. */
import { randomUUID } from 'node:crypto';
import type { ReadingBody } from '#lib/core/values/reading-body.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

/** The bytes that a reading is stored as, and named by. */
export function readingBytes(body: ReadingBody): { bytes: Buffer; digest: Buffer } {
  // What is left out of a layout is undefined in memory, and not there in JSON.
  const bytes = canonicalBytes(JSON.parse(JSON.stringify(body)) as Json);
  return { bytes, digest: sha256(bytes) };
}

/** A revision of a dataset's reading. False: there is one of this number. */
export async function insertReading(
  { prisma }: WithModels,
  reading: { datasetId: string; revision: number; body: ReadingBody; createdBy: string },
): Promise<boolean> {
  const { body, ...row } = reading;
  const { bytes, digest } = readingBytes(body);
  const { count } = await prisma.datasetReading.createMany({
    data: [{ ...row, id: randomUUID(), body: bytesOf(bytes), digest: bytesOf(digest) }],
    skipDuplicates: true,
  });
  return count === 1;
}
