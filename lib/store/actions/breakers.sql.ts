/**
 * Breakers: a target that fails for everybody is one incident, and nobody sends to it until a person says so. Then one chunk tries, and the others
 * follow its first success. docs/breaker.md says why.
 *
 * Locks are taken in the order batch, chunk, breaker, and who has a breaker's row waits for nothing. Rows are found in arrays of targets, made or changed on a
 * condition, and locked in order: statements of our own.
 */
import type { Pool } from 'pg';
import { BATCH_UNFINISHED, CHUNK_TERMINAL, chunkFrom } from '#lib/core/lifecycle.ts';
import type { Claim } from '#lib/store/chunks/claims.sql.ts';
import { tellTape } from '#lib/store/live/tape.ts';
import { inTransaction, type Querying, type Tx } from '#lib/store/postgres/db.ts';
import { haltRow, WAITING } from './execution.sql.ts';

/** What a failure says of its target: the target's name among breakers, and a sentence without its full stop. */
export type TargetFault = { target: string; message: string };

/**
 * executing -> halted under the target's one incident: the one that is open, or else this opens it and the breaker. Who was trying the target opens
 * the breaker again. A chunk that is being cancelled, or whose rest was accepted, comes to that end instead, with nothing in flight. Null when the
 * claim is lost.
 */
export function haltAtTarget(
  pool: Pool,
  claim: Claim,
  { target, message }: TargetFault,
  incidentId: string,
): ReturnType<typeof haltRow> {
  return inTransaction(pool, async (tx) => {
    const ended = await haltRow(tx, claim, message);
    if (ended !== 'halted') return ended;
    const { rows } = await tx.query<{ id: string; paused: boolean }>(
      `INSERT INTO breaker (target, state, incident_id) VALUES ($1, 'open', $2)
       ON CONFLICT (target) DO UPDATE SET state = CASE WHEN breaker.probe = $3 THEN 'open' ELSE breaker.state END
       RETURNING incident_id AS id, paused_by IS NOT NULL AS paused`,
      [target, incidentId, claim.chunkId],
    );
    const { id, paused } = rows[0] ?? {};
    // Of a target that somebody paused, who did and why stays said.
    await tx.query(
      `INSERT INTO incident (id, kind, message) VALUES ($1, 'target', $2)
       ON CONFLICT (id) DO UPDATE SET message = CASE WHEN $3::boolean THEN incident.message ELSE excluded.message END`,
      [id, message, paused ?? false],
    );
    // A chunk that was approved before breakers were known names no targets.
    await tx.query(
      'UPDATE chunk SET incident_id = $2, targets = CASE WHEN $3 = ANY (targets) THEN targets ELSE array_append(targets, $3) END WHERE id = $1',
      [claim.chunkId, id, target],
    );
    await tellTape(tx, { batchId: claim.batchId, chunk: claim.number, kind: 'incident', facts: { message: `${message}.` } });
    return ended;
  });
}

/** The chunk that tries had a success: the breaker and its incident are over, and what halted under it goes on. */
export async function closeBreaker(pool: Pool, target: string, chunkId: string): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(
    `WITH closed AS (DELETE FROM breaker WHERE target = $1 AND state = 'probing' AND probe = $2 RETURNING incident_id)
     UPDATE incident SET resolved_at = clock_timestamp() FROM closed WHERE id = closed.incident_id RETURNING id`,
    [target, chunkId],
  );
  // Of its own, since chunks are locked before breakers. Nobody halts under an incident without a breaker, so none is missed.
  for (const { id } of rows) await inTransaction(pool, (tx) => letHaltedGo(tx, id));
}

/** halted -> executing for what halted under this incident; in a paused batch it is brought to its pause. Gives how many. */
export async function letHaltedGo(tx: Tx, incidentId: string): Promise<number> {
  const halted = chunkFrom('resume_halted');
  await tx.query(
    `SELECT FROM batch WHERE id IN (SELECT batch_id FROM chunk WHERE incident_id = $1 AND state = ANY ($2)) ORDER BY id FOR NO KEY UPDATE`,
    [incidentId, halted],
  );
  const { rowCount } = await tx.query(
    `UPDATE chunk SET state = 'executing', stopping = CASE b.state WHEN 'paused' THEN 'pause' END, halt_reason = NULL, incident_id = NULL,
       lease_owner = NULL, lease_until = NULL, updated_at = clock_timestamp()
     FROM batch b WHERE b.id = chunk.batch_id AND chunk.id IN (
       SELECT id FROM chunk WHERE incident_id = $1 AND state = ANY ($2) ORDER BY batch_id, number FOR UPDATE)`,
    [incidentId, halted],
  );
  return rowCount ?? 0;
}

/** open -> probing for what chunks of this batch (or this one) wait for: one of those that wait may try. Gives the targets. */
export function probeFor(tx: Tx, batchId: string, chunk?: number): Promise<string[]> {
  return probed(
    tx,
    `EXISTS (SELECT FROM chunk c WHERE c.batch_id = $1 AND ($2::int IS NULL OR c.number = $2)
       AND t.target = ANY (c.targets) AND c.state IN ('approved', 'executing'))`,
    [batchId, chunk ?? null],
  );
}

/** open -> probing for this incident's breaker. Gives its target; nothing when somebody tries already, or it is over. */
export function probeIncident(tx: Tx, incidentId: string): Promise<string[]> {
  return probed(tx, 't.incident_id = $1', [incidentId]);
}

async function probed(tx: Tx, which: string, values: unknown[]): Promise<string[]> {
  const { rows } = await tx.query<{ target: string }>(
    `UPDATE breaker t SET state = 'probing', probe = NULL, paused_by = NULL WHERE t.state = 'open' AND ${which} RETURNING t.target`,
    values,
  );
  return rows.map(({ target }) => target);
}

/** What waits for a target, or would send to it when it is let go on: `c` of breaker `t`. */
const CONCERNED = `t.target = ANY (c.targets) AND (c.stopping IS NULL OR c.stopping = 'pause')
  AND (c.state IN ('approved', 'executing', 'paused', 'awaiting_release') OR (c.state = 'halted' AND c.incident_id = t.incident_id))`;

/** Whether anybody sends to it: chunks that are not over yet do, or a worker did within the last day. */
export async function isTargetKnown(tx: Tx, target: string): Promise<boolean> {
  const { rows } = await tx.query<{ known: boolean }>(
    `SELECT EXISTS (SELECT FROM target_tally WHERE target = $1) OR EXISTS (
       SELECT FROM batch b JOIN chunk c ON c.batch_id = b.id
       WHERE b.state = ANY ($2) AND c.state <> ALL ($3) AND $1 = ANY (c.targets)) AS known`,
    [target, BATCH_UNFINISHED, CHUNK_TERMINAL],
  );
  return rows[0]?.known ?? false;
}

/**
 * Opens the breaker by hand, with an incident of its own, and keeps it open until somebody resumes it. Gives the incident's id, null when the breaker is
 * open already; a target that is being tried is paused under the incident that it has.
 */
export async function pauseTarget(
  tx: Tx,
  pause: { target: string; by: string; message: string; incidentId: string },
): Promise<string | null> {
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO breaker (target, state, incident_id, paused_by) VALUES ($1, 'open', $2, $3)
     ON CONFLICT (target) DO UPDATE SET state = 'open', probe = NULL, paused_by = excluded.paused_by WHERE breaker.state = 'probing'
     RETURNING incident_id AS id`,
    [pause.target, pause.incidentId, pause.by],
  );
  const id = rows[0]?.id;
  if (id === undefined) return null;
  await tx.query(
    `INSERT INTO incident (id, kind, message) VALUES ($1, 'paused', $2)
     ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, message = excluded.message`,
    [id, pause.message],
  );
  return id;
}

/** Ends the breakers that nothing waits for any more, with their incidents; not those that somebody paused. The last thing of its transaction. */
export async function settleBreakers(tx: Tx): Promise<void> {
  // Locked by a statement of its own: the next one then sees who joined before.
  const { rowCount } = await tx.query('SELECT FROM breaker ORDER BY target FOR UPDATE');
  if (rowCount === 0) return;
  await tx.query(
    `WITH over AS (DELETE FROM breaker t WHERE paused_by IS NULL AND NOT EXISTS (SELECT FROM chunk c WHERE ${CONCERNED}) RETURNING t.incident_id)
     UPDATE incident SET resolved_at = clock_timestamp() FROM over WHERE id = over.incident_id`,
  );
}

/** What somebody who died may have left: breakers that nothing waits for, and chunks that halted under an incident which is over. */
export async function keepBreakers(pool: Pool): Promise<void> {
  await inTransaction(pool, settleBreakers);
  const { rows } = await pool.query<{ id: string }>(
    `SELECT DISTINCT i.id FROM chunk c JOIN incident i ON i.id = c.incident_id WHERE c.state = 'halted' AND i.resolved_at IS NOT NULL`,
  );
  for (const { id } of rows) await inTransaction(pool, (tx) => letHaltedGo(tx, id));
}

export type TargetIncidentRow = {
  id: string;
  target: string;
  /** it was resumed, and one chunk tries */
  probing: boolean;
  /** a person paused it; nobody resumed it yet */
  paused: boolean;
  /** what it said last, as a sentence without its full stop */
  message: string;
  since: Date;
  /** what waits: chunks, their actions that have no receipt yet, and in how many batches */
  chunks: number;
  actions: number;
  batches: number;
};

/** Targets that fail, the oldest first; only those that a batch, or a chunk of it, waits for when one is given. */
export async function readTargetIncidents(
  client: Querying,
  which: { batchId?: string; chunk?: number } = {},
): Promise<TargetIncidentRow[]> {
  const { rows } = await client.query<TargetIncidentRow>({
    name: 'target-incidents',
    text: `SELECT i.id, t.target, t.state = 'probing' AS probing, t.paused_by IS NOT NULL AS paused, i.message, t.since, count(c.id)::int AS chunks,
        coalesce(sum(${WAITING}), 0)::int AS actions, count(DISTINCT c.batch_id)::int AS batches
      FROM breaker t JOIN incident i ON i.id = t.incident_id LEFT JOIN chunk c ON ${CONCERNED}
      WHERE $1::uuid IS NULL OR EXISTS (SELECT FROM chunk c WHERE c.batch_id = $1 AND ($2::int IS NULL OR c.number = $2) AND ${CONCERNED})
      GROUP BY i.id, t.target ORDER BY t.since, t.target`,
    values: [which.batchId ?? null, which.chunk ?? null],
  });
  return rows;
}

/** The batches with something that waits for this incident's target. */
export async function batchesOfIncident(tx: Tx, incidentId: string): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT DISTINCT c.batch_id AS id FROM breaker t JOIN chunk c ON ${CONCERNED} WHERE t.incident_id = $1 ORDER BY 1`,
    [incidentId],
  );
  return rows.map(({ id }) => id);
}
