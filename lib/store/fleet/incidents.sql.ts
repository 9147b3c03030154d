/**
 * Of incidents what Prisma's models have no words for: the lock of a batch's row, under which its state is set, a guard over another table in the statement that resolves, and a count up to the
 * database's own now that the board asks for all the time.
 */
import { BATCH_TRANSITIONS, BATCH_UNFINISHED, batchFrom, stateList } from '#lib/core/lifecycle.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';

/** Locks the batch until the transaction ends, and pauses it if it runs. False when it does not. */
export async function pauseOnIncident(tx: Tx, batchId: string): Promise<boolean> {
  // Locked by a statement of its own: the next ones see what whoever had it before did.
  await tx.query('SELECT FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batchId]);
  const { rowCount } = await tx.query('UPDATE batch SET state = $3 WHERE id = $1 AND state = ANY($2)', [
    batchId,
    batchFrom('pause'),
    BATCH_TRANSITIONS.pause.to,
  ]);
  return rowCount === 1;
}

/** How many were resolved within the last week. */
export async function countClosedThisWeek(client: Querying): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM incident WHERE resolved_at > clock_timestamp() - interval '7 days'",
  );
  return rows[0]?.count ?? 0;
}

/** Closes the incident of a sum that does not add up, where nothing of its batch sends any more. False where something may. */
export async function closeMismatchOfOver(client: Querying, id: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE incident i SET resolved_at = clock_timestamp() FROM batch b
     WHERE i.id = $1 AND i.kind = 'mismatch' AND i.resolved_at IS NULL AND b.id = i.batch_id AND b.state NOT IN (${stateList(BATCH_UNFINISHED)})`,
    [id],
  );
  return rowCount === 1;
}
