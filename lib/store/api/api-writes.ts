/** The answers to writes that carried an Idempotency-Key: one row per actor and key. */
import { API_WRITES_KEEP_HOURS } from '#lib/core/limits.ts';
import { db } from '#lib/store/postgres/db.ts';

export type ApiAnswer = { status: number; body: Buffer };
export type TakenKey =
  /** the key is this request's: carry it out, then keep or release */
  | { kind: 'taken' }
  /** an earlier request of the same digest was answered so */
  | { kind: 'answered'; answer: ApiAnswer }
  /** it is being carried out, or was when its process ended */
  | { kind: 'open'; ageSeconds: number }
  /** the key was used for something else */
  | { kind: 'other'; path: string };

type Key = { actor: string; key: string };

/** Takes the key for a request, or says what became of the one that has it. A key older than its keeping time is free again. */
export async function takeKey(asked: Key & { path: string; digest: Buffer }): Promise<TakenKey> {
  const { pool } = db();
  const { rowCount } = await pool.query(
    `INSERT INTO api_write AS kept (actor, key, path, request_digest, created_at) VALUES ($1, $2, $3, $4, clock_timestamp())
     ON CONFLICT (actor, key) DO UPDATE
       SET path = excluded.path, request_digest = excluded.request_digest, created_at = excluded.created_at, status = NULL, response = NULL
       WHERE kept.created_at < clock_timestamp() - make_interval(hours => $5)`,
    [asked.actor, asked.key, asked.path, asked.digest, API_WRITES_KEEP_HOURS],
  );
  if (rowCount === 1) return { kind: 'taken' };
  const { rows } = await pool.query<{ path: string; same: boolean; status: number | null; response: Buffer | null; age: number }>(
    `SELECT path, request_digest = $3 AS same, status, response, extract(epoch FROM clock_timestamp() - created_at)::float8 AS age
     FROM api_write WHERE actor = $1 AND key = $2`,
    [asked.actor, asked.key, asked.digest],
  );
  const row = rows[0];
  // Released between the two statements: the next try takes it.
  if (!row) return { kind: 'open', ageSeconds: 0 };
  if (!row.same) return { kind: 'other', path: row.path };
  if (row.status === null) return { kind: 'open', ageSeconds: row.age };
  return { kind: 'answered', answer: { status: row.status, body: row.response ?? Buffer.alloc(0) } };
}

/** Keeps the answer for the key's repeats. */
export async function keepAnswer({ actor, key }: Key, { status, body }: ApiAnswer): Promise<void> {
  await db().pool.query('UPDATE api_write SET status = $3, response = $4 WHERE actor = $1 AND key = $2', [
    actor,
    key,
    status,
    body,
  ]);
}

/** Frees a key whose request came to nothing, so that its repeat is carried out. */
export async function releaseKey({ actor, key }: Key): Promise<void> {
  await db().pool.query('DELETE FROM api_write WHERE actor = $1 AND key = $2 AND status IS NULL', [actor, key]);
}

/** Removes what is older than its keeping time; gives how many. */
export async function pruneApiWrites(): Promise<number> {
  const { rowCount } = await db().pool.query(
    'DELETE FROM api_write WHERE created_at < clock_timestamp() - make_interval(hours => $1)',
    [API_WRITES_KEEP_HOURS],
  );
  return rowCount ?? 0;
}
