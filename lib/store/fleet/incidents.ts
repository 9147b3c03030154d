/** One fault, told once. */
import type { IncidentKind } from '#lib/core/fleet/incident-kinds.ts';
import { BATCH_TRANSITIONS, batchFrom } from '#lib/core/lifecycle.ts';
import { pauseChunks } from '#lib/store/batches/stopping.ts';
import type { Tx } from '#lib/store/postgres/db.ts';

export type IncidentRow = {
  id: string;
  kind: IncidentKind;
  message: string;
  batchId: string | null;
  batchName: string | null;
  chunk: number | null;
  openedAt: Date;
};

export async function readOpenIncidents(client: Tx): Promise<IncidentRow[]> {
  const { rows } = await client.query<IncidentRow>(
    `SELECT i.id, i.kind, i.message, i.batch_id AS "batchId", b.name AS "batchName", i.chunk, i.opened_at AS "openedAt"
     FROM incident i LEFT JOIN batch b ON b.id = i.batch_id WHERE i.resolved_at IS NULL ORDER BY i.opened_at DESC LIMIT 200`,
  );
  return rows;
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

/** Running batches with an action out, or about to go out. */
export async function readSendingBatches(client: Tx): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT b.id FROM batch b WHERE b.state = 'running' AND EXISTS (SELECT 1 FROM chunk c WHERE c.batch_id = b.id AND c.state = 'executing')`,
  );
  return rows.map(({ id }) => id);
}

/** Pauses a running batch and everything in it that sends, and opens its incident. False when somebody else did. */
export async function stopOnMismatch(tx: Tx, batchId: string, incidentId: string, message: string): Promise<boolean> {
  const { rowCount } = await tx.query('UPDATE batch SET state = $3 WHERE id = $1 AND state = ANY($2)', [
    batchId,
    batchFrom('pause'),
    BATCH_TRANSITIONS.pause.to,
  ]);
  if (rowCount !== 1) return false;
  await pauseChunks(tx, batchId);
  await tx.query(`INSERT INTO incident (id, batch_id, kind, message) VALUES ($1, $2, 'mismatch', $3)`, [
    incidentId,
    batchId,
    message,
  ]);
  return true;
}
