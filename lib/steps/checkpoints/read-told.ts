/** What people and receipts say of items, as a checkpoint shows it with each. */
import { isDecided } from '#lib/core/checkpoints/decided.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import { readMarksNamed } from '#lib/steps/reviews/marks-named.ts';
import type { ChunkNow } from '#lib/store/batches/batch-reads.sql.ts';
import { readLastReceipts } from '#lib/store/checkpoints/decided.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** The mark of each of these items of the chunk and, once that is decided, what became of it. */
export async function readTold(
  batchId: string,
  chunk: ChunkNow,
  ordinals: readonly number[],
): Promise<(ordinal: number) => Pick<Sample, 'review' | 'outcome'>> {
  const [marks, outcomes] = await Promise.all([
    readMarksNamed(db(), batchId, ordinals),
    isDecided(chunk) ? readLastReceipts(db().pool, batchId, ordinals) : null,
  ]);
  return (ordinal) => ({ review: marks.get(ordinal) ?? null, outcome: outcomes?.get(ordinal) ?? null });
}
