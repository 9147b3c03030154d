/**
 * What people's pause, resume, cancel, accepting of a rest, and retry do to chunks. Each is one statement over all the states it may find: a worker that ends its
 * chunk at the same moment is waited for row by row, and what it wrote is what is judged. With two statements a chunk could slip from the
 * states of the second into those of the first in between, and be missed by both. What a row becomes depends on what it was, by the clock of the
 * database: Prisma's update has words for neither.
 */
import { CHUNK_PAUSABLE, chunkFrom, stateList } from '#lib/core/lifecycle.ts';
import { DONE_OR_UNCERTAIN, WAITING } from '#lib/store/actions/execution.sql.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';

/** Holds what could be, or is being, worked on: no new intent once this commits. What is being brought to its end stays so. */
export function pauseChunks(tx: Querying, batchId: string, chunk?: number): Promise<number[]> {
  return changed(
    tx,
    `UPDATE chunk SET stopping = 'pause', ${WAITS_NO_MORE}, updated_at = clock_timestamp()
     WHERE ${WHICH} AND state IN (${stateList(CHUNK_PAUSABLE)}) AND (stopping IS NULL OR stopping = 'pause') RETURNING number`,
    batchId,
    chunk,
  );
}

/** Lets what was paused or halted go on. What a worker is just bringing to its pause goes on too. */
export function resumeChunks(tx: Querying, batchId: string, chunk?: number): Promise<number[]> {
  const stood = stateList([...chunkFrom('resume'), ...chunkFrom('resume_halted')]);
  return changed(
    tx,
    `UPDATE chunk SET
       state = CASE WHEN state NOT IN (${stood}) THEN state WHEN halted_from = 'classifying' AND state = 'halted' THEN 'queued' ELSE 'executing' END,
       lease_owner = CASE WHEN state IN (${stood}) THEN NULL ELSE lease_owner END,
       lease_until = CASE WHEN state IN (${stood}) THEN NULL ELSE lease_until END,
       stopping = NULL, halt_reason = NULL, incident_id = NULL, ${WAITS_NO_MORE}, updated_at = clock_timestamp()
     WHERE ${WHICH} AND (state IN (${stood}) OR stopping = 'pause') RETURNING number`,
    batchId,
    chunk,
  );
}

/**
 * Ends what is not out, at once; what is executing, or halted with requests still open, is brought to its end by a worker, who writes their
 * outcomes first. So is what a person accepted while requests were open: that is left to end as accepted.
 */
export function cancelChunks(tx: Querying, batchId: string, chunk?: number): Promise<number[]> {
  const idle = `(state IN (${stateList(chunkFrom('cancel_idle'))}) AND in_flight = 0)`;
  return changed(
    tx,
    `UPDATE chunk SET
       state = CASE WHEN ${idle} THEN 'cancelled' ELSE 'executing' END,
       stopping = CASE WHEN ${idle} THEN NULL ELSE 'cancel' END,
       epoch = epoch + CASE WHEN ${idle} THEN 1 ELSE 0 END,
       lease_owner = CASE WHEN state = 'executing' THEN lease_owner END,
       lease_until = CASE WHEN state = 'executing' THEN lease_until END,
       not_executed = not_executed + CASE WHEN ${idle} AND decision_id IS NOT NULL THEN ${WAITING} ELSE 0 END,
       halt_reason = NULL, incident_id = NULL, ${WAITS_NO_MORE}, updated_at = clock_timestamp()
     WHERE ${WHICH} AND state IN (${stateList([...chunkFrom('cancel_idle'), ...chunkFrom('cancel_executing')])})
       AND stopping IS DISTINCT FROM 'accept_rest' RETURNING number`,
    batchId,
    chunk,
  );
}

/**
 * Leaves what halted while executing as it is: what has no receipt stays unsent for good. With requests open a worker settles them first, and
 * ends the chunk then.
 */
export async function acceptRestOfChunks(tx: Tx, batchId: string, chunk?: number): Promise<number[]> {
  const halted = `${WHICH} AND state IN (${stateList(chunkFrom('accept_halted'))}) AND halted_from IS DISTINCT FROM 'classifying' AND decision_id IS NOT NULL`;
  // Locked by a statement of its own: the next one then sees what those who had the rows before wrote, an uncertain action's answer for one.
  await tx.query(`SELECT FROM chunk WHERE ${halted} ORDER BY number FOR UPDATE`, [batchId, chunk ?? null]);
  const open = 'in_flight > 0';
  return changed(
    tx,
    `UPDATE chunk SET
       state = CASE WHEN ${open} THEN 'executing' ELSE ${DONE_OR_UNCERTAIN} END,
       stopping = CASE WHEN ${open} THEN 'accept_rest' END,
       epoch = epoch + CASE WHEN ${open} THEN 0 ELSE 1 END,
       lease_owner = NULL, lease_until = NULL,
       not_executed = not_executed + CASE WHEN ${open} THEN 0 ELSE ${WAITING} END,
       accepted_rest = accepted_rest + CASE WHEN ${open} THEN 0 ELSE ${WAITING} END,
       halt_reason = NULL, incident_id = NULL, updated_at = clock_timestamp()
     WHERE ${halted} RETURNING number`,
    batchId,
    chunk,
  );
}

/**
 * Lets what failed, or was said not to have happened, be attempted once more: everything whose last receipt is not after this. An accepted
 * rest has no receipts, and stays as it is.
 */
export function retryChunks(tx: Querying, batchId: string, chunk?: number): Promise<number[]> {
  return changed(
    tx,
    `UPDATE chunk SET state = 'executing', retry_up_to = seq, released = true, lease_owner = NULL, lease_until = NULL, updated_at = clock_timestamp()
     WHERE ${WHICH} AND state IN (${stateList(chunkFrom('retry'))}) AND (failed > 0 OR not_executed > accepted_rest) AND decision_id IS NOT NULL RETURNING number`,
    batchId,
    chunk,
  );
}

/** What a person's resume, cancel or accepting answers: all of the batch, or those of these chunks. */
export async function resolveIncidents(tx: Tx, batchId: string, chunks: readonly number[] | null): Promise<void> {
  await tx.query(
    'UPDATE incident SET resolved_at = clock_timestamp() WHERE batch_id = $1 AND resolved_at IS NULL AND ($2::int[] IS NULL OR chunk = ANY($2))',
    [batchId, chunks],
  );
}

/** Whatever it was given back for: who stops it, or lets it go on, asks for it now. */
const WAITS_NO_MORE = 'not_before = NULL, waits_for = NULL';

const WHICH = 'batch_id = $1 AND ($2::int IS NULL OR number = $2)';

async function changed(tx: Querying, text: string, batchId: string, chunk: number | undefined): Promise<number[]> {
  const { rows } = await tx.query<{ number: number }>(text, [batchId, chunk ?? null]);
  return rows.map(({ number }) => number).sort((a, b) => a - b);
}
