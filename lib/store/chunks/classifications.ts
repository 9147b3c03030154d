/** The classifications of a chunk: how many there are, and how they are dropped. */
import type { Tx, WithModels } from '#lib/store/postgres/db.ts';
import { dropHanded } from '#lib/store/repositories/handed.sql.ts';
import { recountClassified } from './classifications.sql.ts';
import { PEOPLE } from './given-by.ts';

/** Category -> items of the chunk, as they are classified now. It is kept with every change, so that nobody counts. */
export async function readCategoryCounts({ prisma }: WithModels, chunkId: string): Promise<Map<string, number>> {
  const rows = await prisma.chunkCategory.findMany({
    where: { chunkId, items: { gt: 0 } },
    orderBy: { category: 'asc' },
    select: { category: true, items: true },
  });
  return new Map(rows.map(({ category, items }) => [category, items]));
}

export type Correction = { ordinal: number; from: string; to: string; note: string | null /** of its receipt */; seq: number };

/** Drops a classifier's classifications of chunks that are classified again, and what agents handed in of those items; what people corrected stays, and no rule counts it any more: the rules may be others now. */
export async function discardClassifications(tx: Tx, chunkIds: readonly string[]): Promise<void> {
  const chunkId = { in: [...chunkIds] };
  await tx.prisma.classification.deleteMany({
    where: { chunkId, NOT: { OR: PEOPLE.map((kind) => ({ by: { startsWith: kind } })) } },
  });
  await dropHanded(tx, chunkIds);
  await tx.prisma.classification.updateMany({ where: { chunkId, part: { not: null } }, data: { part: null } });
  await recountClassified(tx, chunkIds);
}
