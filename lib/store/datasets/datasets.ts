/** The heads of datasets, from their beginning to their failure or deletion, and their rows that could not be read. What arrives is written by items.sql.ts. */
import { DATASET_TRANSITIONS, type DatasetState } from '#lib/core/lifecycle.ts';
import type { Prisma } from '#lib/store/generated/client.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

export type DatasetHead = {
  id: string;
  name: string;
  state: DatasetState;
  format: string | null;
  /** As ingest detected it. */
  dialect: unknown;
  bytes: number;
  /** hex */
  digest: string | null;
  itemCount: number;
  unreadableCount: number;
  /** As ingest described them. */
  fields: unknown;
  reason: string | null;
  createdBy: string;
  createdAt: Date;
  readyAt: Date | null;
  /** the dataset that it replaces, and those that replace it and are not deleted */
  supersedes: string | null;
  supersededBy: string[];
  deletedAt: Date | null;
  deletedBy: string | null;
};

const HEAD = {
  ...{ id: true, name: true, state: true, format: true, dialect: true, bytes: true, digest: true, itemCount: true },
  ...{ unreadableCount: true, fields: true, reason: true, createdBy: true, createdAt: true, readyAt: true },
  ...{ supersedes: true, deletedAt: true, deletedBy: true },
  supersededBy: { where: { deletedAt: null, state: { not: 'failed' } }, orderBy: { createdAt: 'asc' }, select: { id: true } },
} as const satisfies Prisma.DatasetSelect;

/** The dataset, or null. */
export async function readDatasetHead({ prisma }: WithModels, id: string): Promise<DatasetHead | null> {
  const row = await prisma.dataset.findUnique({ where: { id }, select: HEAD });
  return row && headOf(row);
}

/** The newest first, from before the given one on, without those that were deleted. */
export async function readDatasetHeads(
  { prisma }: WithModels,
  { before, limit }: { before: { createdAt: string; id: string } | null; limit: number },
): Promise<DatasetHead[]> {
  const rows = await prisma.dataset.findMany({
    where: { deletedAt: null, ...(before ? olderThan(before) : {}) },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
    select: HEAD,
  });
  return rows.map(headOf);
}

/** (created_at, id) < (…): Prisma compares no rows. The first condition is the index's, the second parts those of the same instant. */
function olderThan(before: { createdAt: string; id: string }): Prisma.DatasetWhereInput {
  const createdAt = new Date(before.createdAt);
  return { createdAt: { lte: createdAt }, OR: [{ createdAt: { lt: createdAt } }, { id: { lt: before.id } }] };
}

function headOf({ digest, bytes, supersededBy, ...row }: Prisma.DatasetGetPayload<{ select: typeof HEAD }>): DatasetHead {
  return {
    ...row,
    state: row.state as DatasetState,
    dialect: row.dialect as DatasetHead['dialect'],
    bytes: Number(bytes),
    supersededBy: supersededBy.map(({ id }) => id),
    digest: digest && Buffer.from(digest).toString('hex'),
  };
}

/** A dataset, receiving. False: there is one of this id. */
export async function insertDataset(
  { prisma }: WithModels,
  dataset: Pick<DatasetHead, 'id' | 'name' | 'createdBy' | 'supersedes'>,
): Promise<boolean> {
  const { count } = await prisma.dataset.createMany({ data: [{ ...dataset, state: 'receiving' }], skipDuplicates: true });
  return count === 1;
}

/** A dataset of the same bytes, by its name and who uploaded it when (ISO 8601). */
export type SameFile = { id: string; name: string; createdAt: string; createdBy: string };

/** The latest that is ready and was read from the file of this digest alone, or null; `before` leaves out those that were not there then. */
export async function readSameFile({ prisma }: WithModels, digest: Uint8Array, before?: Date): Promise<SameFile | null> {
  const row = await prisma.dataset.findFirst({
    where: { digest: bytesOf(digest), state: 'ready', deletedAt: null, ...(before ? { createdAt: { lt: before } } : {}) },
    orderBy: { createdAt: 'desc' },
    select: { id: true, name: true, createdAt: true, createdBy: true },
  });
  return row && { ...row, createdAt: row.createdAt.toISOString() };
}

export type ReceivingDataset = { id: string; supersedes: string | null };

/** Those that are receiving, the oldest first. */
export function readReceiving({ prisma }: WithModels): Promise<ReceivingDataset[]> {
  return prisma.dataset.findMany({
    where: { state: 'receiving' },
    orderBy: { createdAt: 'asc' },
    select: { id: true, supersedes: true },
  });
}

/** Of these ids, those of datasets that are not receiving any more. */
export async function readArrived({ prisma }: WithModels, ids: readonly string[]): Promise<string[]> {
  const rows = await prisma.dataset.findMany({
    where: { id: { in: [...ids] }, state: { not: 'receiving' } },
    select: { id: true },
  });
  return rows.map(({ id }) => id);
}

/** receiving -> failed with the reason, and no rows left: there is nothing of it but its name. False: it was not receiving. */
export async function failDataset({ prisma }: WithModels, id: string, reason: string): Promise<boolean> {
  const { count } = await prisma.dataset.updateMany({
    where: { id, state: { in: [...DATASET_TRANSITIONS.fail.from] } },
    data: { state: DATASET_TRANSITIONS.fail.to, reason, itemCount: 0, unreadableCount: 0, fields: [] },
  });
  if (count === 1) {
    await removeRows(prisma, id);
    await removeSources(prisma, id);
  }
  return count === 1;
}

/** The name that people know it by. False: there is none of this id that is not deleted. */
export async function renameDataset({ prisma }: WithModels, id: string, name: string): Promise<boolean> {
  return (await prisma.dataset.updateMany({ where: { id, deletedAt: null }, data: { name } })).count === 1;
}

const UNREADY = [...DATASET_TRANSITIONS.complete.from, DATASET_TRANSITIONS.fail.to];

/** Takes it away with its rows, unless it was ever ready: nothing refers to it then. */
export async function removeUnready({ prisma }: WithModels, id: string): Promise<void> {
  await prisma.datasetSource.deleteMany({ where: { datasetId: id, dataset: { state: { in: UNREADY } } } });
  const { count } = await prisma.dataset.deleteMany({ where: { id, state: { in: UNREADY } } });
  if (count === 1) await removeRows(prisma, id);
}

/** Its items and its rows that could not be read. */
export async function removeRows(prisma: WithModels['prisma'], datasetId: string): Promise<void> {
  await prisma.item.deleteMany({ where: { datasetId } });
  await prisma.unreadableRow.deleteMany({ where: { datasetId } });
}

/** It was read from nothing any more. What is kept of its sources goes by `removeUnusedSources` (sources.sql.ts), unless others need it. */
export async function removeSources(prisma: WithModels['prisma'], datasetId: string): Promise<void> {
  await prisma.datasetSource.deleteMany({ where: { datasetId } });
}

export type UnreadableRowAt = { line: number; reason: string; excerpt: Uint8Array };

/** A page of unreadable rows after a line, in order. */
export function readUnreadablePage(
  { prisma }: WithModels,
  datasetId: string,
  after: number,
  limit: number,
): Promise<UnreadableRowAt[]> {
  return prisma.unreadableRow.findMany({
    where: { datasetId, line: { gt: after } },
    orderBy: { line: 'asc' },
    take: limit,
    select: { line: true, reason: true, excerpt: true },
  });
}
