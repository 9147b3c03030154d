/** One fault, told once. */
import type { IncidentKind } from '#lib/core/fleet/incident-kinds.ts';
import { BATCH_TRANSITIONS, BATCH_UNFINISHED, batchFrom, stateList } from '#lib/core/lifecycle.ts';
import { pauseChunks } from '#lib/store/batches/stopping.sql.ts';
import type { Querying, Tx } from '#lib/store/postgres/db.ts';

export type IncidentRow = {
  id: string;
  kind: IncidentKind;
  message: string;
  batchId: string | null;
  batchName: string | null;
  chunk: number | null;
  openedAt: Date;
  resolvedAt: Date | null;
  /** the names of people, and of keys as they are; null until somebody acknowledged it */
  acknowledged: { by: string; at: string } | null;
};

const OPEN_MAX = 200;

/** The newest first: those that are open, or the last `limit` of those that are over. */
export async function readIncidentRows(client: Querying, which: 'open' | 'closed', limit = OPEN_MAX): Promise<IncidentRow[]> {
  const { rows } = await client.query<IncidentRow>(
    `SELECT i.id, i.kind, i.message, i.batch_id AS "batchId", b.name AS "batchName", i.chunk, i.opened_at AS "openedAt", i.resolved_at AS "resolvedAt",
       CASE WHEN i.acknowledged_at IS NOT NULL THEN json_build_object('by', coalesce(u.name, i.acknowledged_by),
         'at', to_char(i.acknowledged_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) END AS acknowledged
     FROM incident i LEFT JOIN batch b ON b.id = i.batch_id LEFT JOIN "user" u ON 'user:' || u.id::text = i.acknowledged_by
     WHERE ${which === 'open' ? 'i.resolved_at IS NULL ORDER BY i.opened_at' : 'i.resolved_at IS NOT NULL ORDER BY i.resolved_at'} DESC, i.id LIMIT $1`,
    [limit],
  );
  return rows;
}

/** How many were resolved within the last week. */
export async function countClosedThisWeek(client: Querying): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM incident WHERE resolved_at > clock_timestamp() - interval '7 days'",
  );
  return rows[0]?.count ?? 0;
}

/** Says who knows of it; the first to say so stays named. Null when there is no such incident, false when somebody had said so. */
export async function acknowledge(client: Tx, id: string, by: string): Promise<boolean | null> {
  const { rows } = await client.query<{ first: boolean }>(
    `WITH said AS (
       UPDATE incident SET acknowledged_at = clock_timestamp(), acknowledged_by = $2 WHERE id = $1 AND acknowledged_at IS NULL RETURNING id)
     SELECT EXISTS (SELECT FROM said) AS first FROM incident WHERE id = $1`,
    [id, by],
  );
  return rows[0]?.first ?? null;
}

type IncidentAbout = { kind: string; batchId: string | null; chunk: number | null; resolvedAt: Date | null };

/** What of an incident a resume must know; null when there is none. */
export async function readIncident(client: Tx, id: string): Promise<IncidentAbout | null> {
  const { rows } = await client.query<IncidentAbout>(
    'SELECT kind, batch_id AS "batchId", chunk, resolved_at AS "resolvedAt" FROM incident WHERE id = $1',
    [id],
  );
  return rows[0] ?? null;
}

/**
 * Pauses a running batch and everything in it that sends, and opens its incident. Of one that does not run it only tells, once for as long as the
 * incident is open. False when somebody else did.
 */
export async function stopOnMismatch(tx: Tx, batchId: string, incidentId: string, message: string): Promise<boolean> {
  // Locked by a statement of its own: the next ones see what whoever had it before did.
  await tx.query('SELECT FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batchId]);
  const { rowCount: paused } = await tx.query('UPDATE batch SET state = $3 WHERE id = $1 AND state = ANY($2)', [
    batchId,
    batchFrom('pause'),
    BATCH_TRANSITIONS.pause.to,
  ]);
  if (paused === 1) await pauseChunks(tx, batchId);
  const { rowCount } = await tx.query(
    `INSERT INTO incident (id, batch_id, kind, message) SELECT $1, $2, 'mismatch', $3
     WHERE $4 OR NOT EXISTS (SELECT FROM incident WHERE batch_id = $2 AND kind = 'mismatch' AND resolved_at IS NULL)`,
    [incidentId, batchId, message, paused === 1],
  );
  return rowCount === 1;
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
