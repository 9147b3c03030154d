/** The rows of chunks and their batches as people's verbs read them; chunks.sql.ts locks them. */
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_UNFINISHED, type BatchState, type ChunkState, type Stopping } from '#lib/core/lifecycle.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import type { RestOf } from '#lib/store/batches/rest.sql.ts';
import type { Prisma } from '#lib/store/generated/client.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

export type ChunkRow = {
  id: string;
  number: number;
  name: string;
  state: ChunkState;
  stopping: Stopping | null;
  /** the state it halted in last */
  haltedFrom: 'classifying' | 'executing' | null;
  revision: number;
  /** of the plan: by which its items were classified, or will be */
  planRevision: number;
  seq: number;
  itemCount: number;
  continued: boolean;
  decisionId: string | null;
  released: boolean;
  inFlight: number;
  /** its actions run from the last item to the first */
  backwards: boolean;
};

export type BatchRow = {
  id: string;
  datasetId: string;
  name: string;
  state: BatchState;
  routing: string;
  plan: Plan;
  /** hex */
  planDigest: string;
  startedBy: string | null;
  /** the batch whose receipts this one undoes */
  undoes: string | null;
  /** the batch and chunks of which this one reviews again what was left unsent */
  rest: RestOf | null;
};

/** The batch, or null. */
export async function readBatchRow({ prisma }: WithModels, batchId: string): Promise<BatchRow | null> {
  const row = await prisma.batch.findUnique({ where: { id: batchId }, select: BATCH_ROW });
  if (!row) return null;
  const { state, plan, planDigest, restOf, restChunks, ...facts } = row;
  return {
    ...facts,
    rest: restOf === null ? null : { batchId: restOf, chunks: restChunks },
    state: state as BatchState,
    plan: storedPlan(plan).value,
    planDigest: Buffer.from(planDigest).toString('hex'),
  };
}

const BATCH_ROW = {
  ...{ id: true, datasetId: true, name: true, state: true, routing: true, plan: true, planDigest: true },
  ...{ startedBy: true, undoes: true, restOf: true, restChunks: true },
} as const satisfies Prisma.BatchSelect;

/** Throws `conflict` when the batch is over, or was not started. `so` says what follows from that. */
export function assertUnfinished(batch: BatchRow, so: string): void {
  if (BATCH_UNFINISHED.includes(batch.state)) return;
  throw new CountersignError('conflict', `This batch is ${batch.state}: ${so}.`);
}

/** The highest number of the batch's chunks; 0 when it has none. */
export async function lastChunkNumber({ prisma }: WithModels, batchId: string): Promise<number> {
  const last = await prisma.chunk.findFirst({ where: { batchId }, orderBy: { number: 'desc' }, select: { number: true } });
  return last?.number ?? 0;
}

/** The numbers of this chunk and of those that wait for a release under the same decision, ascending. */
export async function readUnreleased({ prisma }: WithModels, batchId: string, number: number): Promise<number[]> {
  const own = await prisma.chunk.findUnique({ where: { batchId_number: { batchId, number } }, select: { decisionId: true } });
  if (!own) return [];
  const { decisionId } = own;
  const others =
    decisionId === null
      ? []
      : await prisma.chunk.findMany({ where: { batchId, decisionId, released: false }, select: { number: true } });
  return [...new Set([number, ...others.map((row) => row.number)])].sort((a, b) => a - b);
}

/** Whether a chunk of this batch has not been let through its gate. */
export async function anyProposed({ prisma }: WithModels, batchId: string): Promise<boolean> {
  return (await prisma.chunk.findFirst({ where: { batchId, state: 'proposed' }, select: { id: true } })) !== null;
}
