/** The batches that were made of a dataset. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { isId } from '#lib/steps/ids.ts';
import { db } from '#lib/store/postgres/db.ts';

/** So many are named; `count` has all of them. */
const NAMED = 5;

export type BatchesOf = { count: number; named: { id: string; name: string }[] };

/** The newest first. */
export async function readBatchesOf(actor: Actor, { datasetId }: { datasetId: string }): Promise<BatchesOf> {
  authorise(actor, 'see_batches');
  if (!isId(datasetId)) return { count: 0, named: [] };
  const { prisma } = db();
  const [count, named] = await Promise.all([
    prisma.batch.count({ where: { datasetId } }),
    prisma.batch.findMany({
      where: { datasetId },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: NAMED,
      select: { id: true, name: true },
    }),
  ]);
  return { count, named };
}
