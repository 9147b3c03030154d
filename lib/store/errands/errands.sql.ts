/**
 * Errands: approved actions that agents carry out. A worker puts one down under the key of its attempt and looks at it; an agent takes it and answers. What each may do is
 * decided by the row as it is when it is locked, by the clock of the database, and rows that others have are skipped: no words of Prisma's.
 *
 * Locks: the chunk's row before the errand's, but for a free errand, which nobody else waits for with the chunk's row in hand.
 */
import type { Querying, Tx } from '#lib/store/postgres/db.ts';

export type ErrandAnswer = 'done' | 'failed';
/** @internal for its tests */
export type ErrandClosed = 'heard' | 'silent' | 'withdrawn';

export type Errand = {
  key: string;
  batchId: string;
  chunkId: string;
  chunk: number;
  ordinal: number;
  attempt: number;
  /** the bytes of its frozen request; null where an erasure took them */
  request: Buffer | null;
  givenTo: string | null;
  givenName: string | null;
  until: Date | null;
  answer: ErrandAnswer | null;
  words: string | null;
  target: string | null;
  closed: ErrandClosed | null;
};

/** An agent has it and did not answer, and nobody has closed it. */
export const IN_HAND = 'e.closed IS NULL AND e.given_to IS NOT NULL AND e.answer IS NULL';

const ERRAND = `e.key, e.batch_id AS "batchId", e.chunk_id AS "chunkId", (SELECT number FROM chunk c WHERE c.id = e.chunk_id) AS chunk, e.ordinal, e.attempt,
  (SELECT bytes FROM frozen_request f WHERE f.digest = e.request_digest) AS request,
  e.given_to AS "givenTo", e.given_name AS "givenName", e.until, e.answer, e.words, e.target, e.closed`;

/** Puts it down for whoever takes it: once under its key, however often. */
export async function putDown(
  client: Querying,
  { key, batchId, ordinal, requestDigest }: { key: string; batchId: string; ordinal: number; requestDigest: Uint8Array },
): Promise<void> {
  await client.query(
    `INSERT INTO errand (key, batch_id, chunk_id, ordinal, attempt, request_digest)
     SELECT $1, $2, ci.chunk_id, $3, (SELECT count(*)::int FROM receipt r WHERE r.batch_id = $2 AND r.ordinal = $3 AND r.kind = 'intent'), $4
     FROM chunk_item ci WHERE ci.batch_id = $2 AND ci.ordinal = $3 ON CONFLICT DO NOTHING`,
    [key, batchId, ordinal, requestDigest],
  );
}

export type Seen = Pick<Errand, 'givenTo' | 'givenName' | 'answer' | 'words' | 'target' | 'closed'> & {
  /** until whoever has it must have answered; null where nobody has it */
  ms: number | null;
};

/**
 * What a worker sees of it, and closes it by: an answer is heard; whoever has it and says nothing in time is silent; what nobody has is withdrawn where its chunk is to
 * stop. What is closed stays as it was closed. Null: there is none.
 */
export async function lookAtErrand(client: Querying, key: string): Promise<Seen | null> {
  const { rows } = await client.query<Seen>(
    `WITH seen AS (
       UPDATE errand e SET closed = ${CLOSED}, closed_at = CASE WHEN ${CLOSED} IS NOT NULL THEN coalesce(e.closed_at, clock_timestamp()) END
       WHERE e.key = $1 RETURNING e.*)
     SELECT ${SEEN} FROM seen e`,
    [key],
  );
  return rows[0] ?? null;
}

/** The same, changing nothing. */
export async function readSeen(client: Querying, key: string): Promise<Seen | null> {
  const { rows } = await client.query<Seen>(`SELECT ${SEEN} FROM errand e WHERE e.key = $1`, [key]);
  return rows[0] ?? null;
}

const SEEN = `e.given_to AS "givenTo", e.given_name AS "givenName", e.answer, e.words, e.target, e.closed,
  (extract(epoch FROM e.until - clock_timestamp()) * 1000)::float8 AS ms`;

const CLOSED = `CASE WHEN e.closed IS NOT NULL THEN e.closed WHEN e.answer IS NOT NULL THEN 'heard' WHEN e.until <= clock_timestamp() THEN 'silent'
  WHEN e.given_to IS NULL AND EXISTS (SELECT FROM chunk c WHERE c.id = e.chunk_id AND (c.stopping IS NOT NULL OR c.state <> 'executing')) THEN 'withdrawn' END`;

/** What agents said too late, and who, by the keys of the attempts. */
export async function readLate(
  client: Querying,
  batchId: string,
  attempts: readonly { idempotencyKey: string }[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<{ key: string; said: string }>(
    `SELECT key, CASE answer WHEN 'done' THEN 'Done' ELSE 'Not done' END || ', says ' || given_name || ': ' || words AS said
     FROM errand WHERE batch_id = $1 AND key = ANY ($2) AND closed = 'silent' AND answer IS NOT NULL`,
    [batchId, attempts.map(({ idempotencyKey }) => idempotencyKey)],
  );
  return new Map(rows.map(({ key, said }) => [key, said]));
}

/** Whoever takes errands under this name does so one call after the other, until the transaction ends: so nobody has two. */
export async function lockTaker(tx: Tx, batchId: string, by: string, name: string): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('errand ' || $1 || ' ' || $2 || ' ' || $3, 0))", [
    batchId,
    by,
    name,
  ]);
}

/** The errand that this agent has and has not answered; null: it has none. */
export async function readTaken(tx: Querying, batchId: string, by: string, name: string): Promise<Errand | null> {
  const { rows } = await tx.query<Errand>(
    `SELECT ${ERRAND} FROM errand e WHERE e.batch_id = $1 AND e.closed IS NULL AND e.given_to = $2 AND e.given_name = $3 AND e.answer IS NULL LIMIT 1`,
    [batchId, by, name],
  );
  return rows[0] ?? null;
}

/**
 * A free errand of the batch, the first in the order of the items, locked; null: there is none. Only of chunks that are being executed and not to stop: the
 * chunk's row is looked at again under its lock, so nothing is handed out once a pause is committed.
 */
export async function lockFree(tx: Tx, batchId: string): Promise<Errand | null> {
  const { rows } = await tx.query<Errand>(
    `SELECT ${ERRAND} FROM errand e JOIN chunk c ON c.id = e.chunk_id JOIN batch b ON b.id = e.batch_id
     WHERE e.batch_id = $1 AND EXISTS (SELECT FROM frozen_request f WHERE f.digest = e.request_digest AND f.bytes IS NOT NULL)
       AND e.closed IS NULL AND e.given_to IS NULL AND b.state = 'running' AND c.state = 'executing' AND c.stopping IS NULL
     ORDER BY e.ordinal LIMIT 1 FOR UPDATE OF e SKIP LOCKED`,
    [batchId],
  );
  const [found] = rows;
  if (!found) return null;
  const { rowCount } = await tx.query(
    "SELECT FROM chunk WHERE id = $1 AND state = 'executing' AND stopping IS NULL FOR NO KEY UPDATE",
    [found.chunkId],
  );
  return rowCount === 1 ? found : null;
}

/** Hands it out; its chunk is looked at again by the end of its time. Gives until when. */
export async function give(
  tx: Tx,
  { key, chunkId }: Pick<Errand, 'key' | 'chunkId'>,
  to: { by: string; name: string; minutes: number },
): Promise<Date> {
  const { rows } = await tx.query<{ until: Date }>(
    `UPDATE errand SET given_to = $2, given_name = $3, given_at = clock_timestamp(), until = clock_timestamp() + $4 * interval '1 minute'
     WHERE key = $1 AND closed IS NULL AND given_to IS NULL RETURNING until`,
    [key, to.by, to.name, to.minutes],
  );
  const until = rows[0]?.until;
  if (!until) throw new Error('An errand is locked and was not free.');
  await tx.query(
    "UPDATE chunk SET not_before = least(not_before, (SELECT until FROM errand WHERE key = $2)) WHERE id = $1 AND waits_for = 'agent'",
    [chunkId, key],
  );
  return until;
}

/** Locks its chunk, then it. Null: there is none of this key in the batch. */
export async function lockErrand(tx: Tx, batchId: string, key: string): Promise<Errand | null> {
  await tx.query(
    'SELECT FROM chunk WHERE id = (SELECT chunk_id FROM errand WHERE key = $1 AND batch_id = $2) FOR NO KEY UPDATE',
    [key, batchId],
  );
  const { rows } = await tx.query<Errand>(`SELECT ${ERRAND} FROM errand e WHERE e.key = $1 AND e.batch_id = $2 FOR UPDATE OF e`, [
    key,
    batchId,
  ]);
  return rows[0] ?? null;
}

/** Gives whoever has it so much time from now; never less than there was. Gives until when. */
export async function extend(tx: Tx, key: string, minutes: number): Promise<Date> {
  const { rows } = await tx.query<{ until: Date }>(
    "UPDATE errand SET until = greatest(until, clock_timestamp() + $2 * interval '1 minute') WHERE key = $1 RETURNING until",
    [key, minutes],
  );
  return rows[0]?.until as Date;
}

/** Records the answer, once; its chunk waits for it no more. */
export async function answer(
  tx: Tx,
  { key, chunkId }: Pick<Errand, 'key' | 'chunkId'>,
  said: { answer: ErrandAnswer; words: string; target: string | null },
): Promise<void> {
  await tx.query(
    'UPDATE errand SET answer = $2, words = $3, target = $4, answered_at = clock_timestamp() WHERE key = $1 AND answer IS NULL',
    [key, said.answer, said.words, said.target],
  );
  await tx.query("UPDATE chunk SET not_before = NULL, waits_for = NULL WHERE id = $1 AND waits_for = 'agent'", [chunkId]);
}
