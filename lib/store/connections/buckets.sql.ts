/**
 * What a connection bears, over all who send: a bucket as a batch's rate has one (execution.sql.ts), with who is inside. One statement reserves both, so it
 * is a statement of our own.
 */
import type { Pool } from 'pg';
import { CONNECTION_PLACE_LOOK_MS, WAIT_HELD_MS } from '#lib/core/limits.ts';
import type { Claim } from '#lib/store/chunks/claims.sql.ts';

export type Bounds = { connectionId: string; perSecond: number | null; concurrency: number | null };

/** Inside, and may send in `ms`; or not, and may look again in `ms`: because the rate is used up, or every place is taken. */
export type Entered = { inside: true; ms: number } | { inside: false; ms: number; for: 'rate' | 'place' };

/** Whoever is inside and lives. A dead worker's chunks are taken over, and `leaveConnections` follows; until then its lease says that they are not. */
const LIVE = `(CASE WHEN $5::int IS NULL OR cardinality(r.open) < $5 THEN r.open ELSE ARRAY(
  SELECT o FROM unnest(r.open) o WHERE EXISTS (SELECT FROM chunk c WHERE c.id = o AND c.lease_until > clock_timestamp())) END)`;

/**
 * When the next send is due. Nobody reserves one that is farther away than this: what is was reserved under another limit, or by a clock that was set back
 * since, and nobody waits for that.
 */
const NEXT = `(CASE WHEN r.next_at > clock_timestamp() + $4 * interval '1 millisecond' + $3::float8 * interval '1 second' THEN clock_timestamp() ELSE r.next_at END)`;

/**
 * Reserves the next send over a connection, and a place at it, unless the send is more than WAIT_HELD_MS away. `chunkId` is null where no chunk is executing: then no
 * place is taken.
 */
export async function enterConnection(pool: Pool, chunkId: string | null, bounds: Bounds): Promise<Entered> {
  const { rows } = await pool.query<{ mine: number | null; next: number | null }>({
    name: 'enter-connection',
    text: `WITH entered AS (
        INSERT INTO connection_bucket AS r (connection_id, next_at, holder, held_from, held_seq, open)
        VALUES ($1, clock_timestamp() + $3::float8 * interval '1 second', $2, clock_timestamp(), (SELECT seq FROM chunk WHERE id = $2),
          CASE WHEN $2::uuid IS NULL OR $5::int IS NULL THEN '{}' ELSE ARRAY[$2::uuid] END)
        ON CONFLICT (connection_id) DO UPDATE SET
          next_at = greatest(${NEXT}, clock_timestamp()) + $3::float8 * interval '1 second',
          held_from = greatest(${NEXT}, clock_timestamp()), holder = excluded.holder, held_seq = excluded.held_seq,
          open = CASE WHEN $5::int IS NULL THEN '{}' ELSE ${LIVE} || excluded.open END
        WHERE ($3::float8 = 0 OR ${NEXT} <= clock_timestamp() + $4 * interval '1 millisecond')
          AND ($2::uuid IS NULL OR $5::int IS NULL OR cardinality(${LIVE}) < $5)
        RETURNING held_from)
      SELECT (SELECT extract(epoch FROM held_from - clock_timestamp()) * 1000 FROM entered)::float8 AS mine,
        (SELECT extract(epoch FROM next_at - clock_timestamp()) * 1000 FROM connection_bucket WHERE connection_id = $1)::float8 AS next`,
    values: [bounds.connectionId, chunkId, stepOf(bounds), WAIT_HELD_MS, bounds.concurrency],
  });
  const { mine = null, next = null } = rows[0] ?? {};
  if (mine !== null) return { inside: true, ms: bounds.perSecond === null ? 0 : Math.max(0, mine) };
  const far = bounds.perSecond !== null && next !== null && next > WAIT_HELD_MS;
  return far ? { inside: false, ms: next, for: 'rate' } : { inside: false, ms: CONNECTION_PLACE_LOOK_MS, for: 'place' };
}

/** One of the chunk's requests is over, or was not sent: then its send is given back, unless somebody reserved after it. */
export async function leaveConnection(pool: Pool, claim: Claim, bounds: Bounds, sent: boolean): Promise<void> {
  await pool.query({
    name: 'leave-connection',
    text: `UPDATE connection_bucket r SET
        open = CASE WHEN array_position(r.open, $2) IS NULL THEN r.open
          ELSE r.open[:array_position(r.open, $2) - 1] || r.open[array_position(r.open, $2) + 1:] END,
        next_at = CASE WHEN $3 OR r.holder IS DISTINCT FROM $2 THEN r.next_at
          ELSE greatest(r.held_from, r.next_at - $4::float8 * interval '1 second') END
      WHERE r.connection_id = $1 AND EXISTS (SELECT FROM chunk WHERE id = $2 AND epoch = $5)`,
    values: [bounds.connectionId, claim.chunkId, sent, stepOf(bounds), claim.epoch],
  });
}

/** What an owner of the chunk before this one reserved, or was inside for, comes back: it died, or ended without a word. */
export async function leaveConnections(pool: Pool, claim: Claim): Promise<void> {
  await pool.query(
    `UPDATE connection_bucket r SET open = array_remove(r.open, $1),
       next_at = CASE WHEN r.holder = $1 AND NOT EXISTS (
         SELECT FROM receipt i WHERE i.batch_id = $2 AND i.chunk = $3 AND i.seq > r.held_seq AND i.kind = 'intent') THEN r.held_from ELSE r.next_at END,
       holder = nullif(r.holder, $1)
     WHERE (r.holder = $1 OR $1 = ANY (r.open)) AND EXISTS (SELECT FROM chunk WHERE id = $1 AND epoch = $4)`,
    [claim.chunkId, claim.batchId, claim.number, claim.epoch],
  );
}

const stepOf = ({ perSecond }: Bounds): number => (perSecond === null ? 0 : 1 / perSecond);
