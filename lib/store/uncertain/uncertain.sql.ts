/**
 * Uncertain actions: those whose last receipt says uncertain. Read in groups by what caused them, and one by one to be answered or looked up. The cause is in the
 * bytes of the receipts, and an action's last receipt is found by its step: the database reads both, Prisma neither.
 */
import type { Pool } from 'pg';
import type { Querying } from '#lib/store/postgres/db.ts';

/** Why nobody knows: the code of the outcome, and the worker that was lost, where one was (`worker:<id>`). */
export type Cause = { reason: string | null; lost: string | null };

export type UncertainGroupPart = Cause & {
  chunk: number;
  count: number;
  /** of its newest action: those that come later have a higher one (I3) */
  seq: number;
  from: Date;
  to: Date;
  /** one request of it, to see whether the target can be asked */
  request: Buffer | null;
  connector: string;
};

/** How many uncertain actions of each cause each chunk has. Read along receipt_uncertain_idx. */
export async function readUncertainGroups(pool: Pool, batchId: string): Promise<UncertainGroupPart[]> {
  const { rows } = await pool.query<UncertainGroupPart>(
    `SELECT g.reason, g.lost, g.chunk, g.count, g.seq, g."from", g."to", g.connector, q.bytes AS request
     FROM (
       SELECT reason, lost, chunk, count(*)::int AS count, max(seq) AS seq, min(committed_at) AS "from", max(committed_at) AS "to",
         (array_agg(request ORDER BY ordinal))[1] AS request, (array_agg(connector ORDER BY ordinal))[1] AS connector
       FROM (${UNCERTAIN_ACTIONS}) open GROUP BY reason, lost, chunk) g
     LEFT JOIN frozen_request q ON q.digest = g.request
     ORDER BY g."from", g.reason, g.chunk`,
    [batchId],
  );
  return rows;
}

/** The newest receipt of each chunk that somebody has seen: [chunk, seq]. */
export type SeenUpTo = readonly (readonly [number, number])[];

/** The uncertain actions of this cause that somebody has seen, at most `limit`, in ordinal order. */
export async function readUncertainOfGroup(
  client: Querying,
  batchId: string,
  cause: Cause,
  seen: SeenUpTo,
  limit: number,
): Promise<number[]> {
  const { rows } = await client.query<{ ordinal: number }>(
    `SELECT open.ordinal FROM (${UNCERTAIN_ACTIONS}) open JOIN unnest($2::int[], $5::int[]) AS seen(chunk, seq) ON seen.chunk = open.chunk
     WHERE open.seq <= seen.seq AND open.reason IS NOT DISTINCT FROM $3 AND open.lost IS NOT DISTINCT FROM $4
     ORDER BY open.ordinal LIMIT $6`,
    [batchId, seen.map(([chunk]) => chunk), cause.reason, cause.lost, seen.map(([, seq]) => seq), limit],
  );
  return rows.map(({ ordinal }) => ordinal);
}

export type UncertainAction = {
  ordinal: number;
  chunk: number;
  step: number;
  seq: number;
  body: Buffer;
};

/** Which of these items are uncertain now. */
export async function readUncertainActions(
  client: Querying,
  batchId: string,
  ordinals: readonly number[],
): Promise<UncertainAction[]> {
  const { rows } = await client.query<UncertainAction>(
    `SELECT r.ordinal, r.chunk, r.step, r.seq, r.body FROM unnest($2::int[]) asked(ordinal)
     CROSS JOIN LATERAL (
       SELECT ordinal, chunk, step, seq, body, result FROM receipt WHERE batch_id = $1 AND ordinal = asked.ordinal ORDER BY step DESC LIMIT 1) r
     WHERE r.result = 'uncertain' ORDER BY r.ordinal`,
    [batchId, ordinals],
  );
  return rows;
}

export type SentRequest = { ordinal: number; connector: string; version: number; idempotencyKey: string; request: Buffer };

/** What was sent for each of these actions, and under which key. */
export async function readSentRequests(
  client: Querying,
  batchId: string,
  actions: readonly UncertainAction[],
): Promise<SentRequest[]> {
  const { rows } = await client.query<SentRequest>(
    `SELECT i.ordinal, i.intent #>> '{action,connector}' AS connector, (i.intent #>> '{action,version}')::int AS version,
       i.intent ->> 'idempotencyKey' AS "idempotencyKey", q.bytes AS request
     FROM unnest($2::int[], $3::int[]) open(ordinal, step)
     CROSS JOIN LATERAL (
       SELECT ordinal, convert_from(body, 'UTF8')::json AS intent FROM receipt
       WHERE batch_id = $1 AND ordinal = open.ordinal AND step < open.step AND kind = 'intent' ORDER BY step DESC LIMIT 1) i
     JOIN frozen_request q ON q.digest = decode(i.intent ->> 'request', 'hex')`,
    [batchId, actions.map(({ ordinal }) => ordinal), actions.map(({ step }) => step)],
  );
  return rows;
}

/** $1 the batch. */
const UNCERTAIN_ACTIONS = `
  SELECT u.ordinal, u.chunk, u.seq, u.committed_at, o.reason, decode(i.intent ->> 'request', 'hex') AS request,
    i.intent #>> '{action,connector}' AS connector, CASE WHEN o.reason = 'worker_lost' THEN i.intent ->> 'by' END AS lost
  FROM receipt u
  CROSS JOIN LATERAL (SELECT convert_from(u.body, 'UTF8')::json ->> 'reason' AS reason) o
  JOIN LATERAL (
    SELECT convert_from(body, 'UTF8')::json AS intent FROM receipt
    WHERE batch_id = $1 AND ordinal = u.ordinal AND step < u.step AND kind = 'intent' ORDER BY step DESC LIMIT 1) i ON true
  WHERE u.batch_id = $1 AND u.result = 'uncertain'
    AND NOT EXISTS (SELECT FROM receipt later WHERE later.batch_id = $1 AND later.ordinal = u.ordinal AND later.step = u.step + 1)`;
