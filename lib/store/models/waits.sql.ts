/**
 * Until when a chunk whose items a model classifies waits, and what a model's connection bears over all workers. A call weighs what its tokens come to, so the bucket that
 * sends of actions share (buckets.sql.ts) is taken from here by the length of a step and not by its count. One statement each.
 */
import type { Pool } from 'pg';
import { CHUNK_TRANSITIONS, chunkFrom } from '#lib/core/lifecycle.ts';
import { CONNECTION_PLACE_LOOK_MS, MODEL_WAIT_MS_MAX } from '#lib/core/limits.ts';
import type { Claim, Wait } from '#lib/store/chunks/claims.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/** Nothing waits longer: what is farther away was written by a clock that was set back since. */
const NEXT = `(CASE WHEN r.next_at > clock_timestamp() + ${2 * MODEL_WAIT_MS_MAX} * interval '1 millisecond' THEN clock_timestamp() ELSE r.next_at END)`;
/** Whoever is inside and lives. */
const LIVE = `ARRAY(SELECT o FROM unnest(r.open) o WHERE EXISTS (SELECT FROM chunk c WHERE c.id = o AND c.lease_until > clock_timestamp()))`;

/** Null: the call may go out now, and has its place. Else in how many ms to look again, for a place or because the rate is used up. */
export async function enterModel(
  pool: Pool,
  chunkId: string,
  { connectionId, stepMs, concurrency }: { connectionId: string; stepMs: number; concurrency: number | null },
): Promise<{ ms: number; for: 'rate' | 'place' } | null> {
  const { rows } = await pool.query<{ inside: boolean; ms: number | null }>({
    name: 'enter-model',
    text: `WITH entered AS (
         INSERT INTO connection_bucket AS r (connection_id, next_at, open)
         VALUES ($1, clock_timestamp() + $3::float8 * interval '1 millisecond', ARRAY[$2::uuid])
         ON CONFLICT (connection_id) DO UPDATE SET next_at = greatest(${NEXT}, clock_timestamp()) + $3::float8 * interval '1 millisecond',
           open = ${LIVE} || excluded.open
         WHERE ${NEXT} <= clock_timestamp() AND ($4::int IS NULL OR cardinality(${LIVE}) < $4)
         RETURNING 1)
       SELECT EXISTS (SELECT FROM entered) AS inside,
         (SELECT extract(epoch FROM next_at - clock_timestamp()) * 1000 FROM connection_bucket WHERE connection_id = $1)::float8 AS ms`,
    values: [connectionId, chunkId, stepMs, concurrency],
  });
  const { inside = false, ms = null } = rows[0] ?? {};
  if (inside) return null;
  return ms !== null && ms > 0 ? { ms, for: 'rate' } : { ms: CONNECTION_PLACE_LOOK_MS, for: 'place' };
}

/** A call is over: its place is free. */
export async function leaveModel(pool: Pool, { chunkId }: Pick<Claim, 'chunkId'>, connectionId: string): Promise<void> {
  await pool.query({
    name: 'leave-model',
    text: `UPDATE connection_bucket SET open = open[:array_position(open, $2) - 1] || open[array_position(open, $2) + 1:]
       WHERE connection_id = $1 AND array_position(open, $2) IS NOT NULL`,
    values: [connectionId, chunkId],
  });
}

/** The places that an owner of the chunk before this one left taken. */
export async function leaveModels(pool: Pool, { chunkId }: Pick<Claim, 'chunkId'>): Promise<void> {
  await pool.query('UPDATE connection_bucket SET open = array_remove(open, $1) WHERE $1 = ANY (open)', [chunkId]);
}

/** The server takes nothing more for so long: nobody asks before. */
export async function holdModel(client: Querying, connectionId: string, ms: number): Promise<void> {
  await client.query(
    `UPDATE connection_bucket SET next_at = greatest(next_at, clock_timestamp() + $2::float8 * interval '1 millisecond') WHERE connection_id = $1`,
    [connectionId, Math.min(ms, MODEL_WAIT_MS_MAX)],
  );
}

/** classifying -> queued with nothing in flight: nobody claims it before its wait is over. `failures`: what whoever claims it next counts on from. */
export async function yieldWaiting(pool: Pool, claim: Claim, wait: Wait, failures: number): Promise<void> {
  await pool.query(
    `UPDATE chunk SET state = $6, lease_owner = NULL, lease_until = NULL, updated_at = clock_timestamp(),
       not_before = CASE WHEN stopping IS NULL THEN clock_timestamp() + $4::float8 * interval '1 millisecond' END,
       waits_for = CASE WHEN stopping IS NULL THEN $5 END, error_budget = jsonb_build_object('consecutive', $7::int)
     WHERE id = $1 AND epoch = $2 AND state = ANY ($3)`,
    [claim.chunkId, claim.epoch, chunkFrom('yield_classify'), wait.ms, wait.for, CHUNK_TRANSITIONS.yield_classify.to, failures],
  );
}

/** The failures in a row that the owner before this one counted when it gave the chunk back; they are this owner's now. */
export async function takeFailures(client: Querying, claim: Claim): Promise<number> {
  const { rows } = await client.query<{ failures: number }>(
    `WITH before AS MATERIALIZED (SELECT error_budget FROM chunk WHERE id = $1 AND epoch = $2 AND error_budget IS NOT NULL FOR NO KEY UPDATE)
     UPDATE chunk SET error_budget = NULL FROM before WHERE id = $1 RETURNING coalesce((before.error_budget ->> 'consecutive')::int, 0) AS failures`,
    [claim.chunkId, claim.epoch],
  );
  return rows[0]?.failures ?? 0;
}
