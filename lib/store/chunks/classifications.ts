/** The classifications of a chunk: how many there are, how they are dropped, and the history of people's corrections to them. */
import type { Tx, WithModels } from '#lib/store/postgres/db.ts';
import { modelPages } from '#lib/store/postgres/model-rows.ts';
import { moveClassifications, recountClassified } from './classifications.sql.ts';

/** Category -> items of the chunk, as they are classified now. It is kept with every change, so that nobody counts. */
export async function readCategoryCounts({ prisma }: WithModels, chunkId: string): Promise<Map<string, number>> {
  const rows = await prisma.chunkCategory.findMany({
    where: { chunkId, items: { gt: 0 } },
    orderBy: { category: 'asc' },
    select: { category: true, items: true },
  });
  return new Map(rows.map(({ category, items }) => [category, items]));
}

/** Ordinal -> category and who gave it, of those of these items that the chunk has. */
export async function readCategoriesOf(
  { prisma }: WithModels,
  { batchId, chunkId }: { batchId: string; chunkId: string },
  ordinals: readonly number[],
): Promise<Map<number, { category: string; by: string }>> {
  const rows = await prisma.classification.findMany({
    where: { batchId, chunkId, ordinal: { in: [...ordinals] } },
    select: { ordinal: true, category: true, by: true },
  });
  return new Map(rows.map(({ ordinal, category, by }) => [ordinal, { category, by }]));
}

/** Whether a person, or a person's key, gave a classification; else a classifier did. */
export function isPersons(by: string): boolean {
  return PEOPLE.some((kind) => by.startsWith(kind));
}

const PEOPLE = ['user:', 'key:'];

export type Correction = { ordinal: number; from: string; to: string; note: string | null /** of its receipt */; seq: number };

/**
 * Overwrites classifications and keeps the history, in the caller's transaction with the chunk row locked: so `from`, which was read under that lock,
 * still holds. `revision` is the one that these corrections make: whoever numbered their receipts raised it (`takeSequence`).
 */
export async function correctClassifications(
  tx: Tx,
  { batchId, chunkId, number: chunk, revision }: { batchId: string; chunkId: string; number: number; revision: number },
  corrections: readonly Correction[],
  by: string,
): Promise<void> {
  for (const page of modelPages(corrections))
    await tx.prisma.correction.createMany({ data: page.map((correction) => ({ ...correction, batchId, by, revision, chunk })) });
  await moveClassifications(tx, { batchId, chunkId, revision }, corrections, by);
}

/** Drops a classifier's classifications of chunks that were sent back; what people corrected stays. */
export async function discardClassifications(tx: Tx, chunkIds: readonly string[]): Promise<void> {
  await tx.prisma.classification.deleteMany({
    where: { chunkId: { in: [...chunkIds] }, NOT: { OR: PEOPLE.map((kind) => ({ by: { startsWith: kind } })) } },
  });
  await recountClassified(tx, chunkIds);
}
