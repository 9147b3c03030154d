/** Batches and their chunks as they are written down. */
import type { Plan } from '#lib/core/plans/plan.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import { db, type Tx, type WithModels } from '#lib/store/postgres/db.ts';
import { modelPages } from '#lib/store/postgres/model-rows.ts';
import { insertMembers } from './batches.sql.ts';
import type { RestOf } from './rest.sql.ts';

type NewBatch = {
  id: string;
  datasetId: string;
  name: string;
  plan: Plan;
  planDigest: Uint8Array;
  routing: string;
  pilot: number | null;
  taskRef: string | null;
  /** the batch whose receipts it undoes */
  undoes: string | null;
  /** the batch and chunks of which it reviews again what was left unsent */
  rest?: RestOf;
  /** how its dataset was read when it was planned */
  readingId: string | null;
  /** agents classify its items, and no worker */
  agents: boolean;
  /** what all its samples are drawn with; null for an undo */
  seed: Uint8Array | null;
  createdBy: string;
};

export async function insertBatch({ prisma }: WithModels, { rest, planDigest, seed, ...batch }: NewBatch): Promise<void> {
  const of = rest && { restOf: rest.batchId, restChunks: [...rest.chunks] };
  await prisma.batch.create({
    data: { ...batch, ...of, planDigest: bytesOf(planDigest), seed: seed && bytesOf(seed), state: 'proposed' },
    select: { id: true },
  });
}

type NewPlan = Pick<NewBatch, 'plan' | 'planDigest' | 'routing' | 'pilot' | 'readingId' | 'agents'> & { seed: Uint8Array };

/** Another plan for a batch that is locked and proposed. */
export async function replacePlan({ prisma }: WithModels, id: string, { planDigest, seed, ...next }: NewPlan): Promise<void> {
  const data = { ...next, planDigest: bytesOf(planDigest), seed: bytesOf(seed) };
  await prisma.batch.update({ where: { id, state: 'proposed' }, data, select: { id: true } });
}

/** Takes away the chunks of a batch that never started: nothing refers to them yet. */
export async function removeChunks({ prisma }: WithModels, batchId: string): Promise<void> {
  await prisma.chunkItem.deleteMany({ where: { batchId } });
  await prisma.chunk.deleteMany({ where: { batchId } });
}

export type BatchPlanned = { id: string; name: string; createdAt: Date; plan: unknown };

/** The newest batches with their plans as they are stored, from this one on, itself included; null: from the newest. */
export async function readBatchesFrom(
  { prisma }: WithModels,
  from: { createdAt: string; id: string } | null,
  limit: number,
): Promise<BatchPlanned[]> {
  const createdAt = from && new Date(from.createdAt);
  return prisma.batch.findMany({
    where:
      from && createdAt
        ? { createdAt: { lte: createdAt }, OR: [{ createdAt: { lt: createdAt } }, { id: { lte: from.id } }] }
        : {},
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
    select: { id: true, name: true, createdAt: true, plan: true },
  });
}

type NewChunk = {
  id: string;
  number: number;
  name: string;
  ordinals: Int32Array;
  serial: boolean;
  /** runs from the last item to the first */
  backwards?: boolean;
  seed: Uint8Array;
};

/** Stores chunks of the batch and their members, which never move again. */
export async function insertChunks(tx: Tx, batchId: string, chunks: readonly NewChunk[]): Promise<void> {
  for (const page of modelPages(chunks)) {
    await tx.prisma.chunk.createMany({
      data: page.map(({ ordinals, seed, ...chunk }) => ({
        ...{ ...chunk, batchId, itemCount: ordinals.length, state: 'proposed', seed: bytesOf(seed) },
      })),
    });
  }
  for (const { id, ordinals } of chunks) await insertMembers(tx, batchId, id, ordinals);
}

/** What these batches are called, by id. */
export async function readBatchNames(batchIds: Iterable<string>): Promise<Map<string, string>> {
  const where = { id: { in: [...new Set(batchIds)] } };
  const rows = await db().prisma.batch.findMany({ where, select: { id: true, name: true } });
  return new Map(rows.map(({ id, name }) => [id, name]));
}
