/**
 * What of the writes with a key Prisma's models have no words for: whether the process that carries one out lives is a lock of its session (pg_locks), and what
 * a transaction did is added to what the earlier ones did by the row itself (`||`), under the epoch that it is fenced by.
 */
import { API_WRITES_KEEP_HOURS } from '#lib/core/limits.ts';
import { db, type Querying } from '#lib/store/postgres/db.ts';
import { isPresent } from '#lib/store/postgres/presence.ts';
import type { Asked, KeyedWrite } from './api-writes.ts';

export type Found = {
  path: string;
  same: boolean;
  status: number | null;
  response: Buffer<ArrayBuffer> | null;
  epoch: number;
  expired: boolean;
  /** whether another process that lives carries it out */
  held: boolean;
};

/** What there is of this key, as this process (`owner`) must see it. */
export async function readKey({ actor, key, digest }: Asked, owner: number): Promise<Found | null> {
  const { rows } = await db().pool.query<Found>(
    `SELECT path, request_digest = $3 AS same, status, response, epoch, created_at < clock_timestamp() - make_interval(hours => $5) AS expired,
       CASE WHEN status IS NULL AND owner <> $4 THEN ${isPresent('owner')} ELSE false END AS held
     FROM api_write WHERE actor = $1 AND key = $2`,
    [actor, key, digest, owner, API_WRITES_KEEP_HOURS],
  );
  return rows[0] ?? null;
}

/** False when somebody else carries the write out by now; nothing is added then. */
export async function addDone(tx: Querying, { actor, key, epoch }: KeyedWrite, name: string, value: unknown): Promise<boolean> {
  const { rowCount } = await tx.query(
    'UPDATE api_write SET done = done || jsonb_build_object($4::text, $5::jsonb) WHERE actor = $1 AND key = $2 AND epoch = $3',
    [actor, key, epoch, name, JSON.stringify(value)],
  );
  return rowCount === 1;
}
