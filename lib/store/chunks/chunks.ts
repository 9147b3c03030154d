/** The chunk rows as people's verbs see and change them: locked in the order of their numbers, changed by compare-and-set. */
import { CountersignError } from '#lib/core/errors.ts';
import {
  BATCH_UNFINISHED,
  type BatchState,
  CHUNK_RELEASABLE,
  CHUNK_TRANSITIONS,
  type ChunkState,
  chunkFrom,
  type Stopping,
} from '#lib/core/lifecycle.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';

export type ChunkRow = {
  id: string;
  number: number;
  name: string;
  state: ChunkState;
  stopping: Stopping | null;
  /** the state it halted in last */
  haltedFrom: 'classifying' | 'executing' | null;
  revision: number;
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
  startedBy: string | null;
  /** the batch whose receipts this one undoes */
  undoes: string | null;
};

/** The batch, or null. */
export async function readBatchRow(client: Querying, batchId: string): Promise<BatchRow | null> {
  const { rows } = await client.query<Omit<BatchRow, 'plan'> & { plan: unknown }>(
    `SELECT id, dataset_id AS "datasetId", name, state, routing, plan, started_by AS "startedBy", undoes FROM batch WHERE id = $1`,
    [batchId],
  );
  const [row] = rows;
  return row ? { ...row, plan: storedPlan(row.plan).value } : null;
}

/** Throws `conflict` when the batch is over, or was not started. `so` says what follows from that. */
export function assertUnfinished(batch: BatchRow, so: string): void {
  if (BATCH_UNFINISHED.includes(batch.state)) return;
  throw new CountersignError('conflict', `This batch is ${batch.state}: ${so}.`);
}

/**
 * The same, locked against claims, finishing and other verbs over the whole batch until the transaction ends. Taken before any chunk, never after
 * one, so that nobody waits in a circle; and never by what may take long.
 */
export async function lockBatch(tx: Tx, batchId: string): Promise<BatchRow | null> {
  await tx.query('SELECT FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batchId]);
  return readBatchRow(tx, batchId);
}

/** Locks these chunks (all of the batch's without numbers) against claims, corrections and other decisions until the transaction ends. */
export async function lockChunks(client: Tx, batchId: string, numbers?: readonly number[]): Promise<ChunkRow[]> {
  const { rows } = await client.query<ChunkRow>(
    `SELECT ${COLUMNS} FROM chunk WHERE batch_id = $1 ${numbers ? 'AND number = ANY($2)' : ''} ORDER BY number FOR UPDATE`,
    numbers ? [batchId, numbers] : [batchId],
  );
  return rows;
}

/** Locks what a release of these chunks covers: they, and every chunk of their decisions that waits for it. Who is executing is left alone. */
export async function lockForRelease(client: Tx, batchId: string, numbers: readonly number[]): Promise<ChunkRow[]> {
  const { rows } = await client.query<ChunkRow>(
    `SELECT ${COLUMNS} FROM chunk WHERE batch_id = $1 AND (number = ANY($2) OR (state = ANY($3) AND NOT released
       AND decision_id IN (SELECT decision_id FROM chunk WHERE batch_id = $1 AND number = ANY($2))))
     ORDER BY number FOR UPDATE`,
    [batchId, numbers, CHUNK_RELEASABLE],
  );
  return rows;
}

/** Opens the gate of the first `count` proposed chunks (all without a count), or of one by its number. Gives the numbers opened. */
export async function openGates(
  client: Tx,
  batchId: string,
  which: { count: number } | { number: number } | 'all',
): Promise<number[]> {
  const limit = which === 'all' ? null : 'count' in which ? which.count : 1;
  const { rows } = await client.query<{ number: number }>(
    `UPDATE chunk SET state = $5, updated_at = clock_timestamp()
     WHERE id IN (SELECT id FROM chunk WHERE batch_id = $1 AND state = ANY($2) AND ($3::int IS NULL OR number = $3)
                  ORDER BY number LIMIT $4 FOR UPDATE)
     RETURNING number`,
    [
      ...[batchId, chunkFrom('open_gate'), which !== 'all' && 'number' in which ? which.number : null, limit],
      CHUNK_TRANSITIONS.open_gate.to,
    ],
  );
  return rows.map((row) => row.number).sort((a, b) => a - b);
}

const COLUMNS = `id, number, name, state, stopping, halted_from AS "haltedFrom", revision, seq, item_count AS "itemCount", continued, decision_id AS "decisionId", released,
  in_flight AS "inFlight", backwards`;
