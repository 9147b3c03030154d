/**
 * What is kept in chunk_fold, compared with all receipts: each is folded again from the first, for nothing in a cache may be believed for ever. A batch
 * is watched from its start until this was done after its end (batch_watched_idx). What is due depends on two tables and the clock of the database; what was
 * wrong is put right by differences: statements of our own.
 */
import type { Pool } from 'pg';
import { BATCH_UNFINISHED, CHUNK_TERMINAL, stateList } from '#lib/core/lifecycle.ts';
import { REFOLD_MS } from '#lib/core/limits.ts';
import { type Folded, type KeptFold, NOTHING_FOLDED } from '#lib/core/receipts/sum.ts';
import type { Tx } from '#lib/store/postgres/db.ts';
import { UNCLOSED } from './batch-receipts.sql.ts';
import { type ChunkToFold, countApproved, foldOnward, STATES } from './sum.sql.ts';

/** Batches that are not over, and those whose receipts were not folded again since they were, in the order of their starts. Asked by each worker, also one that executes only. */
export async function readWatchedBatches(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM batch WHERE refolded_at IS NULL AND state <> 'proposed' ORDER BY started_at`,
  );
  return rows.map(({ id }) => id);
}

/** False when another worker folds again already: one at a time is enough, and leaves the database to those who work. Held until the transaction ends. */
export async function takeRefoldTurn(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query<{ free: boolean }>("SELECT pg_try_advisory_xact_lock(hashtext('refold')) AS free");
  return rows[0]?.free === true;
}

/** The chunks of a batch whose receipts are due to be folded again, the longest waited for first. */
export async function readDueChunks(pool: Pool, batchId: string): Promise<number[]> {
  const { rows } = await pool.query<{ chunk: number }>(
    `SELECT f.chunk FROM chunk_fold f JOIN batch b ON b.id = f.batch_id JOIN chunk c ON c.batch_id = f.batch_id AND c.number = f.chunk
     WHERE f.batch_id = $1 AND ${DUE} ORDER BY f.refolded_at, f.chunk`,
    [batchId],
  );
  return rows.map(({ chunk }) => chunk);
}

/**
 * Folds one chunk again from its first receipt up to where the kept fold is, and puts what the receipts say in its place. Gives by how much the two
 * differed; null when there is no kept fold. The turn's transaction reads, for one that idles is ended; it writes nothing, for others keep folds meanwhile.
 */
export async function refold(turn: Tx, pool: Pool, batchId: string, chunk: number): Promise<number | null> {
  const { rows } = await turn.query<Kept>(READ_KEPT, [batchId, chunk]);
  const [kept] = rows;
  if (!kept) return null;
  // Of a fold that claims more than there is, all of it is asked for.
  const upTo = Math.min(kept.seq, kept.chunkSeq);
  const folds = await foldOnward(turn, batchId, [{ chunk, above: 0, upTo, before: NOTHING_FOLDED }]);
  const folded = folds.get(chunk) ?? NOTHING_FOLDED;
  const approved = (await countApproved(turn, [{ id: kept.id, decisionId: kept.decisionId, fold: null }])).get(kept.id) ?? 0;
  const difference = apart(kept, folded) + Math.abs(kept.approved - approved) + (kept.seq - upTo);
  await pool.query(PUT_RIGHT, [
    ...[batchId, chunk, kept.refoldedAt, upTo - kept.seq, folded.receipts - kept.receipts],
    ...STATES.map((state) => (folded.states[state] ?? 0) - (kept.states[state] ?? 0)),
    ...[kept.decisionId, approved - kept.approved],
  ]);
  return difference;
}

/** Ends the watch over a batch that is over, once all its chunks were folded again since, and it has its closing receipt. */
export async function endWatch(pool: Pool, batchId: string): Promise<void> {
  await pool.query(
    `UPDATE batch b SET refolded_at = clock_timestamp()
     WHERE b.id = $1 AND b.refolded_at IS NULL AND b.state NOT IN ('proposed', ${stateList(BATCH_UNFINISHED)}) AND NOT EXISTS (
       SELECT FROM chunk c LEFT JOIN chunk_fold f ON f.batch_id = c.batch_id AND f.chunk = c.number
       WHERE c.batch_id = b.id AND (c.state NOT IN (${stateList(CHUNK_TERMINAL)})
         OR c.seq > 0 AND (f.seq IS DISTINCT FROM c.seq OR ${DUE})))
       AND NOT ${UNCLOSED}`,
    [batchId],
  );
}

/** Row `f` of chunk_fold is to be compared with its receipts again; `c` is its chunk and `b` its batch. */
const DUE = `(f.refolded_at <= CASE WHEN b.state IN (${stateList(BATCH_UNFINISHED)}) THEN clock_timestamp() - interval '${REFOLD_MS} milliseconds'
  ELSE greatest(c.updated_at, b.finished_at) END)`;

type Kept = Pick<ChunkToFold, 'id' | 'decisionId'> &
  Pick<KeptFold, 'seq' | 'approved' | keyof Folded> & {
    chunkSeq: number;
    refoldedAt: Date;
  };

/** By how many actions and receipts two folds differ. */
function apart(one: Folded, other: Folded): number {
  return STATES.reduce(
    (all, state) => all + Math.abs((one.states[state] ?? 0) - (other.states[state] ?? 0)),
    Math.abs(one.receipts - other.receipts),
  );
}

const READ_KEPT = `
SELECT c.id, c.seq AS "chunkSeq", f.seq, f.receipts, f.decision_id AS "decisionId", f.approved, f.refolded_at AS "refoldedAt",
  json_build_object(${STATES.map((state) => `'${state}', f.${state}`).join(', ')}) AS states
FROM chunk_fold f JOIN chunk c ON c.batch_id = f.batch_id AND c.number = f.chunk WHERE f.batch_id = $1 AND f.chunk = $2`;

/** By what was wrong: who folded on meanwhile did so from there. Once only, for what was refolded at that time. */
const PUT_RIGHT = `
UPDATE chunk_fold SET seq = seq + $4, receipts = receipts + $5, ${STATES.map((state, index) => `${state} = ${state} + $${index + 6}`).join(', ')},
  approved = approved + CASE WHEN decision_id IS NOT DISTINCT FROM $${STATES.length + 6}::uuid THEN $${STATES.length + 7} ELSE 0 END,
  refolded_at = clock_timestamp()
WHERE batch_id = $1 AND chunk = $2 AND refolded_at = $3`;
