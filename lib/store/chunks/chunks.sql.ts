/**
 * The chunk rows as people's verbs lock and change them: locked in the order of their numbers, changed by compare-and-set. Statements of our own: Prisma
 * has no words for FOR UPDATE, nor for the order in which rows are locked, nor for the clock of the database.
 */
import {
  BATCH_OVER,
  CHUNK_FIRSTS_UNDONE,
  CHUNK_RELEASABLE,
  CHUNK_TRANSITIONS,
  CHUNK_UNCLASSIFIED,
  chunkFrom,
} from '#lib/core/lifecycle.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';
import { type BatchRow, type ChunkRow, readBatchRow } from './chunks.ts';

/**
 * The batch, or null: locked against claims, finishing and other verbs over the whole batch until the transaction ends. Taken before any chunk, never after
 * one, so that nobody waits in a circle; and never by what may take long.
 */
export async function lockBatch(tx: Tx, batchId: string): Promise<BatchRow | null> {
  await tx.query('SELECT FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batchId]);
  return readBatchRow(tx, batchId);
}

/** Locks the batch as `lockBatch` does, if it was cancelled; false, and nothing locked, if not. */
export async function lockCancelled(tx: Tx, batchId: string): Promise<boolean> {
  const { rowCount } = await tx.query("SELECT FROM batch WHERE id = $1 AND state = 'cancelled' FOR NO KEY UPDATE", [batchId]);
  return rowCount === 1;
}

/** Locks the batch as `lockBatch` does, if it is over; false, and nothing locked, if not. */
export async function lockOver(tx: Tx, batchId: string): Promise<boolean> {
  const { rowCount } = await tx.query('SELECT FROM batch WHERE id = $1 AND state = ANY($2) FOR NO KEY UPDATE', [
    batchId,
    BATCH_OVER,
  ]);
  return rowCount === 1;
}

/** Locks these chunks (all of the batch's without numbers) against claims, corrections and other decisions until the transaction ends. */
export async function lockChunks(client: Querying, batchId: string, numbers?: readonly number[]): Promise<ChunkRow[]> {
  const { rows } = await client.query<ChunkRow>(
    `SELECT ${COLUMNS} FROM chunk WHERE batch_id = $1 ${numbers ? 'AND number = ANY($2)' : ''} ORDER BY number FOR UPDATE`,
    numbers ? [batchId, numbers] : [batchId],
  );
  return rows;
}

/**
 * Locks the chunks that a revision of the rules holds for, as `lockChunks` does: those that nobody has seen classified, what halted in the middle of it
 * included; and these, whatever state they are in.
 */
export async function lockForRevision(client: Querying, batchId: string, numbers: readonly number[]): Promise<ChunkRow[]> {
  const { rows } = await client.query<ChunkRow>(
    `SELECT ${COLUMNS} FROM chunk WHERE batch_id = $1
       AND (state = ANY($3) OR (state = ANY($4) AND halted_from = 'classifying') OR number = ANY($2)) ORDER BY number FOR UPDATE`,
    [batchId, numbers, CHUNK_UNCLASSIFIED, chunkFrom('reclassify_halted')],
  );
  return rows;
}

/**
 * The chunks go by a revision of the rules from now on. What has been classified already, in part or as a whole, is to be classified again: its worker
 * has lost it, by the state. Gives the ids of those that have classifications: the caller, who has locked them all, drops these.
 *
 * @param seed what their samples are drawn with; null where their batch has none
 */
export async function takeRevision(
  client: Querying,
  chunkIds: readonly string[],
  { revision, seed, note }: { revision: number; seed: Uint8Array | null; note: string | null },
): Promise<string[]> {
  await client.query(
    `UPDATE chunk SET state = $2, revision = revision + 1, manifest_digest = NULL, reviewed = false, note = $4, lease_owner = NULL, lease_until = NULL
     WHERE id = ANY($1) AND state = ANY($3)`,
    [chunkIds, CHUNK_TRANSITIONS.classify_again.to, chunkFrom('classify_again'), note],
  );
  const { rows } = await client.query<{ id: string; classified: number }>(
    `UPDATE chunk SET plan_revision = $2, seed = coalesce($3, seed), updated_at = clock_timestamp() WHERE id = ANY($1) RETURNING id, classified`,
    [chunkIds, revision, seed],
  );
  return rows.flatMap(({ id, classified }) => (classified > 0 ? [id] : []));
}

/** Chunk number -> those of the ordinals that it holds, ascending. What is in no chunk of the batch is left out. One statement for two tables. */
export async function readChunksOf(
  client: Querying,
  batchId: string,
  ordinals: readonly number[],
): Promise<Map<number, number[]>> {
  const { rows } = await client.query<{ number: number; ordinals: number[] }>(
    `SELECT c.number, array_agg(i.ordinal ORDER BY i.ordinal) AS ordinals FROM chunk_item i JOIN chunk c ON c.id = i.chunk_id
     WHERE i.batch_id = $1 AND i.ordinal = ANY($2) GROUP BY c.number`,
    [batchId, ordinals],
  );
  return new Map(rows.map(({ number, ordinals: own }) => [number, own]));
}

/** Locks what a release of these chunks covers: they, and every chunk of their decisions that waits for it. Who is executing is left alone. */
export async function lockForRelease(client: Querying, batchId: string, numbers: readonly number[]): Promise<ChunkRow[]> {
  const { rows } = await client.query<ChunkRow>(
    `SELECT ${COLUMNS} FROM chunk WHERE batch_id = $1 AND (number = ANY($2) OR (state = ANY($3) AND NOT released
       AND decision_id IN (SELECT decision_id FROM chunk WHERE batch_id = $1 AND number = ANY($2))))
     ORDER BY number FOR UPDATE`,
    [batchId, numbers, CHUNK_RELEASABLE],
  );
  return rows;
}

/** By their decision: the number of a chunk whose first actions are not done yet, so that nobody can have looked at them. */
export async function readFirstsUndone(
  client: Querying,
  batchId: string,
  decisionIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ decisionId: string; number: number }>(
    `SELECT decision_id AS "decisionId", min(number)::int AS number FROM chunk
     WHERE batch_id = $1 AND decision_id = ANY($2) AND has_first AND NOT released AND state = ANY($3) GROUP BY 1`,
    [batchId, decisionIds, CHUNK_FIRSTS_UNDONE],
  );
  return new Map(rows.map(({ decisionId, number }) => [decisionId, number]));
}

/** Opens the gate of the first `count` proposed chunks (all without a count), or of one by its number. Gives the numbers opened. */
export async function openGates(
  client: Querying,
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

const COLUMNS = `id, number, name, state, stopping, halted_from AS "haltedFrom", revision, plan_revision AS "planRevision", seq, item_count AS "itemCount", continued, decision_id AS "decisionId", released,
  in_flight AS "inFlight", backwards`;
