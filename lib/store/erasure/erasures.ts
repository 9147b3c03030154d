/** Erasures as they are asked for, shown and confirmed. */
import type { Prisma } from '#lib/store/generated/client.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type NewErasure = {
  id: string;
  kind: string;
  about: string | null;
  state: string;
  wanted: string | null;
  salt: Bytes;
  digest: Bytes;
  askedBy: string;
};

export type ErasureStored = Prisma.ErasureGetPayload<object>;

export async function insertErasure({ prisma }: WithModels, erasure: NewErasure): Promise<void> {
  await prisma.erasure.create({ data: erasure, select: { id: true } });
}

export function readStoredErasure({ prisma }: WithModels, id: string): Promise<ErasureStored | null> {
  return prisma.erasure.findUnique({ where: { id } });
}

/** The newest first. */
export function readErasurePage(
  { prisma }: WithModels,
  { before, limit }: { before: { createdAt: string; id: string } | null; limit: number },
): Promise<ErasureStored[]> {
  const older = before && [{ askedAt: { lt: before.createdAt } }, { askedAt: before.createdAt, id: { lt: before.id } }];
  return prisma.erasure.findMany({
    where: older ? { OR: older } : {},
    orderBy: [{ askedAt: 'desc' }, { id: 'desc' }],
    take: limit,
  });
}

/** How many are looked for or wait to be confirmed. */
export function countOpenErasures({ prisma }: WithModels): Promise<number> {
  return prisma.erasure.count({ where: { state: { in: ['looking', 'found'] } } });
}

/** Rows that were erased, by erasure and table. */
export async function readErased(
  { prisma }: WithModels,
  ids: readonly string[],
): Promise<{ erasureId: string; table: string; rows: number }[]> {
  const rows = await prisma.erasureEntry.groupBy({
    by: ['erasureId', 'place'],
    where: { erasureId: { in: [...ids] } },
    _sum: { rows: true },
  });
  return rows.map(({ erasureId, place, _sum }) => ({ erasureId, table: place, rows: _sum.rows ?? 0 }));
}

/** Found rows by place, all and those that are chosen. */
export async function countFinds(
  { prisma }: WithModels,
  erasureId: string,
): Promise<Map<string, { found: number; chosen: number }>> {
  const rows = await prisma.erasureFind.groupBy({ by: ['place', 'chosen'], where: { erasureId }, _count: true });
  const places = new Map<string, { found: number; chosen: number }>();
  for (const { place, chosen, _count } of rows) {
    const one = places.get(place) ?? { found: 0, chosen: 0 };
    places.set(place, { found: one.found + _count, chosen: one.chosen + (chosen ? _count : 0) });
  }
  return places;
}

/** Compare-and-set: false where it is not found, or not in this state any more. */
export async function moveErasure(
  { prisma }: WithModels,
  id: string,
  from: readonly string[],
  to: { state: 'withdrawn' } | { state: 'erasing'; reason: string; confirmedBy: string },
): Promise<boolean> {
  const now = await databaseTime({ prisma });
  const data = to.state === 'withdrawn' ? { ...to, wanted: null, endedAt: now } : { ...to, confirmedAt: now };
  return (await prisma.erasure.updateMany({ where: { id, state: { in: [...from] } }, data })).count === 1;
}
