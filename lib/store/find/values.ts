/** Where values are looked for, and what has them. */
import type { Prisma } from '#lib/store/generated/client.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

/** Those that are ready and were not deleted. One that was read anew is looked through only while a batch was made of it: its rows are in the newer one. */
const LOOKED_THROUGH = {
  ...{ deletedAt: null, state: 'ready', itemCount: { gt: 0 } },
  OR: [{ supersededBy: { none: { deletedAt: null, state: 'ready' } } }, { batches: { some: {} } }],
} as const satisfies Prisma.DatasetWhereInput;

export type DatasetLooked = {
  id: string;
  name: string;
  format: string | null;
  fields: unknown;
  itemCount: number;
  createdAt: Date;
};

/** The newest datasets from this one on, itself included; null: from the newest. */
export function readDatasetsFrom(
  { prisma }: WithModels,
  from: { createdAt: string; id: string } | null,
  limit: number,
): Promise<DatasetLooked[]> {
  const createdAt = from && new Date(from.createdAt);
  return prisma.dataset.findMany({
    where: {
      AND: [
        LOOKED_THROUGH,
        ...(from && createdAt
          ? [{ createdAt: { lte: createdAt } }, { OR: [{ createdAt: { lt: createdAt } }, { id: { lte: from.id } }] }]
          : []),
      ],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
    select: { id: true, name: true, format: true, fields: true, itemCount: true, createdAt: true },
  });
}

/** How many items there are to look through. */
export async function countItems({ prisma }: WithModels): Promise<number> {
  const { _sum } = await prisma.dataset.aggregate({ where: LOOKED_THROUGH, _sum: { itemCount: true } });
  return _sum.itemCount ?? 0;
}

type BatchNamed = { id: string; name: string; plan: unknown };

/** Batches by their ids, with their plans as they are stored. */
export async function readBatchesNamed({ prisma }: WithModels, ids: readonly string[]): Promise<Map<string, BatchNamed>> {
  if (ids.length === 0) return new Map();
  const rows = await prisma.batch.findMany({ where: { id: { in: [...ids] } }, select: { id: true, name: true, plan: true } });
  return new Map(rows.map((row) => [row.id, row]));
}
