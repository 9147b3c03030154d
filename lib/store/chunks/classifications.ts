/** The classifications of a chunk: how many there are, how they are dropped, and who gives them. */
import type { Tx, WithModels } from '#lib/store/postgres/db.ts';
import { recountClassified } from './classifications.sql.ts';

/** Category -> items of the chunk, as they are classified now. It is kept with every change, so that nobody counts. */
export async function readCategoryCounts({ prisma }: WithModels, chunkId: string): Promise<Map<string, number>> {
  const rows = await prisma.chunkCategory.findMany({
    where: { chunkId, items: { gt: 0 } },
    orderBy: { category: 'asc' },
    select: { category: true, items: true },
  });
  return new Map(rows.map(({ category, items }) => [category, items]));
}

/** Whether a person, or a person's key, gave a classification; else a classifier did. */
export function isPersons(by: string): boolean {
  return PEOPLE.some((kind) => by.startsWith(kind));
}

const PEOPLE = ['user:', 'key:'];
/** The same of a classification `a`, in a statement. */
export const PERSON_GAVE = `(${PEOPLE.map((kind) => `starts_with(a."by", '${kind}')`).join(' OR ')})`;

/** Whether a classifier left the item of a classification `a` unsure: it is in the category for that, and nobody has told what it is. */
export const LEFT_UNSURE = `(a.confidence = 0 AND NOT ${PERSON_GAVE})`;

export type Correction = { ordinal: number; from: string; to: string; note: string | null /** of its receipt */; seq: number };

/** Drops a classifier's classifications of chunks that are classified again; what people corrected stays, and no rule counts it any more: the rules may be others now. */
export async function discardClassifications(tx: Tx, chunkIds: readonly string[]): Promise<void> {
  const chunkId = { in: [...chunkIds] };
  await tx.prisma.classification.deleteMany({
    where: { chunkId, NOT: { OR: PEOPLE.map((kind) => ({ by: { startsWith: kind } })) } },
  });
  await tx.prisma.classification.updateMany({ where: { chunkId, part: { not: null } }, data: { part: null } });
  await recountClassified(tx, chunkIds);
}
