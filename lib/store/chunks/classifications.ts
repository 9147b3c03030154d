/** The classifications of a chunk counted and dropped, and the history of people's corrections to them. */
import type { Tx, WithModels } from '#lib/store/postgres/db.ts';
import { modelPages } from '#lib/store/postgres/model-rows.ts';
import { moveClassifications, raiseRevision, recountClassified } from './classifications.sql.ts';

/** Category -> items of the chunk, as they are classified now. */
export async function readCategoryCounts({ prisma }: WithModels, chunkId: string): Promise<Map<string, number>> {
  const rows = await prisma.classification.groupBy({ by: ['category'], where: { chunkId }, _count: { _all: true } });
  return new Map(rows.map(({ category, _count }) => [category, _count._all]));
}

/** Ordinal -> category, of those of these items that the chunk has. */
export async function readCategoriesOf(
  { prisma }: WithModels,
  { batchId, chunkId }: { batchId: string; chunkId: string },
  ordinals: readonly number[],
): Promise<Map<number, string>> {
  const rows = await prisma.classification.findMany({
    where: { batchId, chunkId, ordinal: { in: [...ordinals] } },
    select: { ordinal: true, category: true },
  });
  return new Map(rows.map(({ ordinal, category }) => [ordinal, category]));
}

export type Correction = { ordinal: number; from: string; to: string; note: string | null };

/**
 * Overwrites classifications, keeps the history and raises the chunk's revision, in the caller's transaction with the chunk row locked: so `from`, which
 * was read under that lock, still holds. `revision` is the one that these corrections make.
 */
export async function correctClassifications(
  tx: Tx,
  { batchId, chunkId, revision }: { batchId: string; chunkId: string; revision: number },
  corrections: readonly Correction[],
  by: string,
): Promise<void> {
  for (const page of modelPages(corrections))
    await tx.prisma.correction.createMany({ data: page.map((correction) => ({ ...correction, batchId, by, revision })) });
  await moveClassifications(tx, { batchId, chunkId, revision }, corrections, by);
  await raiseRevision(tx, chunkId, corrections.length);
}

/** Drops a classifier's classifications of chunks that were sent back; what people corrected stays. */
export async function discardClassifications(tx: Tx, chunkIds: readonly string[]): Promise<void> {
  await tx.prisma.classification.deleteMany({
    where: { chunkId: { in: [...chunkIds] }, NOT: { OR: [{ by: { startsWith: 'user:' } }, { by: { startsWith: 'key:' } }] } },
  });
  await recountClassified(tx, chunkIds);
}
