/**
 * Claims and leases. The chunk table is the queue and holds the truth; a bell only makes a worker look sooner. All deadlines are
 * by the database's clock, so a worker's own clock may be hours off. Claims skip rows that are locked, renewals are arrays, and all are hot: no words of
 * Prisma's.
 */
import type { Pool } from 'pg';
import {
  CHUNK_ACTING,
  CHUNK_OWNED,
  CHUNK_PAUSABLE,
  CHUNK_TERMINAL,
  chunkFrom,
  type Stopping,
  stateList,
} from '#lib/core/lifecycle.ts';
import { HEARTBEAT_MS, LEASE_MS, WAIT_HELD_MS } from '#lib/core/limits.ts';
import { WAITING } from '#lib/store/actions/execution.sql.ts';
import { CHANNEL, CLAIMED } from '#lib/store/live/notifications.sql.ts';
import { inTransaction, type Querying, type Tx } from '#lib/store/postgres/db.ts';

export type Claim = {
  chunkId: string;
  batchId: string;
  datasetId: string;
  number: number;
  epoch: number;
  state: 'classifying' | 'executing';
  stopping: Stopping | null;
  /** targets that this claim tries for all who wait for them: with one slot, and the first failure ends it */
  probes: string[];
};

/**
 * `light`: nothing that would keep a core of this worker busy, but for what another left behind when it died. `stopping`: only what is to be brought
 * to a stop.
 */
export type Takes = 'all' | 'light' | 'stopping';

export type Turn = {
  takes: Takes;
  /** chunks that this worker leaves alone */
  except: readonly string[];
};

/**
 * `outside`: some of its requests leave Countersign, so it waits more than it works. `othersIdle`: another worker has nothing to do, and was just told
 * that there may be more.
 */
export type Claimed = Claim & { outside: boolean; othersIdle: boolean };

/**
 * Takes the next chunk in fair order (fewest chunks of its batch at work, then the fewest items left, then the oldest batch) and raises its epoch; null
 * when there is none. Lapsed leases are taken over here too, but not before one lease length has passed since the database started: while it was away
 * nobody could renew, so every lease has lapsed at once and proves nothing about its owner.
 */
export async function claimChunk(
  pool: Pool,
  workerId: string,
  turn: Turn = { takes: 'all', except: [] },
): Promise<Claimed | null> {
  const { rows } = await pool.query<Claimed>({
    name: 'claim-chunk',
    text: CLAIM,
    values: [workerId, LEASE_MS, turn.takes, turn.except],
  });
  return rows[0] ?? null;
}

/**
 * How many batches have something to claim and nobody who works on them, a few at most; and how many chunks of each of these batches are at work.
 * Who has no room for the first gives back one of the second.
 */
export async function readStarving(
  pool: Pool,
  batchIds: readonly string[],
  except: readonly string[],
): Promise<{ starving: number; atWork: Map<string, number> }> {
  const { rows } = await pool.query<{ starving: number; batchId: string | null; chunks: number }>({
    name: 'starving-batches',
    text: STARVING,
    values: [batchIds, LEASE_MS, 'all', except],
  });
  const atWork = rows.flatMap(({ batchId, chunks }): [string, number][] => (batchId === null ? [] : [[batchId, chunks]]));
  return { starving: rows[0]?.starving ?? 0, atWork: new Map(atWork) };
}

/**
 * What became of a renewal. `held`: a target of the chunk fails for everybody, and somebody else tries it, or nobody. `lost`: somebody else owns the
 * chunk by now (the epoch moved), it needs no owner any more, or it was given back while the renewal was on its way. `in_use`: somebody has the
 * row at this moment, so nothing was renewed.
 */
export type Renewal = { held: boolean } | 'lost' | 'in_use';

/**
 * Extends the leases of many claims with one statement, which waits for nobody: a transaction that has one of the rows must not hold up the others, nor
 * wait for them in a circle. Gives what became of each, in their order.
 */
export function renewLeases(pool: Pool, claims: readonly Claim[]): Promise<Renewal[]> {
  return renewed(pool, 'renew-leases', 'SKIP LOCKED', claims);
}

/** The same for one, waiting for whoever has its row. */
export async function renewLease(pool: Pool, claim: Claim): Promise<{ held: boolean } | null> {
  const [found] = await renewed(pool, 'renew-lease', '', [claim]);
  return typeof found === 'object' ? found : null;
}

async function renewed(pool: Pool, name: string, locked: string, claims: readonly Claim[]): Promise<Renewal[]> {
  const { rows } = await pool.query<{ at: number; held: boolean | null }>({
    name,
    text: `WITH asked AS (
         SELECT c.id, a.at FROM unnest($1::uuid[], $2::int[], $3::text[]) WITH ORDINALITY AS a(id, epoch, state, at)
         JOIN chunk c ON c.id = a.id WHERE ${STANDS}
       ), mine AS MATERIALIZED (
         SELECT c.id FROM unnest($1::uuid[], $2::int[], $3::text[]) AS a(id, epoch, state)
         JOIN chunk c ON c.id = a.id WHERE ${STANDS} FOR NO KEY UPDATE OF c ${locked}
       ), extended AS (
         UPDATE chunk SET lease_until = clock_timestamp() + $4 * interval '1 millisecond' FROM mine WHERE chunk.id = mine.id
         RETURNING chunk.id, EXISTS (SELECT FROM breaker t WHERE t.target = ANY (targets) AND (t.state = 'open' OR t.probe IS DISTINCT FROM chunk.id)) AS held
       )
       SELECT asked.at::int, extended.held FROM asked LEFT JOIN extended USING (id)`,
    values: [claims.map(({ chunkId }) => chunkId), claims.map(({ epoch }) => epoch), claims.map(({ state }) => state), LEASE_MS],
  });
  const standing = new Map(rows.map(({ at, held }) => [at, held]));
  return claims.map((_, index) => {
    const held = standing.get(index + 1);
    return held === undefined ? 'lost' : held === null ? 'in_use' : { held };
  });
}

/** A claim that still holds, as it was asked for: `a` of chunk `c`. */
const STANDS = 'c.epoch = a.epoch AND c.state = a.state AND c.lease_owner IS NOT NULL';

/** What a chunk that is given back waits for, and for how long by the database's clock. */
export type Wait = { for: 'rate' | 'retry_after' | 'target' | 'agent'; ms: number };

/**
 * Gives up the lease of a chunk with nothing in a slot, which nobody claims before its wait is over. What is to be brought to a stop waits for
 * nothing, but for agents who have something of it in hand; and nothing that is answered is waited for.
 */
export function giveBack(pool: Pool, claim: Claim, wait: Wait): Promise<void> {
  if (wait.for === 'agent') return inTransaction(pool, (tx) => giveBackForAgent(tx, claim, wait.ms));
  return giveBackFor(pool, claim, wait);
}

async function giveBackFor(pool: Pool, claim: Claim, wait: Wait): Promise<void> {
  await pool.query(
    `UPDATE chunk SET lease_until = NULL, lease_owner = NULL, updated_at = clock_timestamp(),
       not_before = CASE WHEN stopping IS NULL THEN clock_timestamp() + $4::float8 * interval '1 millisecond' END,
       waits_for = CASE WHEN stopping IS NULL THEN $5 END
     WHERE id = $1 AND epoch = $2 AND state = $3`,
    [claim.chunkId, claim.epoch, claim.state, wait.ms, wait.for],
  );
}

/** Locked by a statement of its own: the next one then sees what the agents who had the row before answered. */
async function giveBackForAgent(tx: Tx, claim: Claim, ms: number): Promise<void> {
  await tx.query('SELECT FROM chunk WHERE id = $1 FOR NO KEY UPDATE', [claim.chunkId]);
  await tx.query(
    `UPDATE chunk SET lease_until = NULL, lease_owner = NULL, updated_at = clock_timestamp(),
       not_before = CASE WHEN ${LATER} THEN least(clock_timestamp() + $4::float8 * interval '1 millisecond', (
         SELECT min(e.until) FROM errand e WHERE e.chunk_id = chunk.id AND e.closed IS NULL)) END,
       waits_for = CASE WHEN ${LATER} THEN 'agent' END
     WHERE id = $1 AND epoch = $2 AND state = $3`,
    [claim.chunkId, claim.epoch, claim.state, ms],
  );
}

/** Nothing of the chunk's errands is to be heard or withdrawn now. */
const LATER = `NOT EXISTS (SELECT FROM errand e WHERE e.chunk_id = chunk.id AND e.closed IS NULL
  AND (e.answer IS NOT NULL OR (chunk.stopping IS NOT NULL AND e.given_to IS NULL)))`;

/** Gives up the lease so that the next worker need not wait for it to lapse. Only for a worker with nothing in flight. */
export async function releaseLease(pool: Pool, claim: Claim): Promise<void> {
  await pool.query('UPDATE chunk SET lease_until = NULL, lease_owner = NULL WHERE id = $1 AND epoch = $2 AND state = $3', [
    claim.chunkId,
    claim.epoch,
    claim.state,
  ]);
}

/** classifying -> queued: the lease ends, the classifications so far are kept. */
export async function yieldClassifying(pool: Pool, claim: Claim): Promise<void> {
  await pool.query(
    `UPDATE chunk SET state = 'queued', lease_owner = NULL, lease_until = NULL, updated_at = clock_timestamp()
     WHERE id = $1 AND epoch = $2 AND state = ANY($3)`,
    [claim.chunkId, claim.epoch, chunkFrom('yield_classify')],
  );
}

/** What a worker that waits without writing must know: whether it is still the owner, and not asked to stop. */
export async function howClaimStands(pool: Pool, claim: Claim): Promise<'stopping' | 'lost' | null> {
  const { rows } = await pool.query<{ stopping: string | null }>(
    'SELECT stopping FROM chunk WHERE id = $1 AND epoch = $2 AND state = $3',
    [claim.chunkId, claim.epoch, claim.state],
  );
  const [row] = rows;
  return row === undefined ? 'lost' : row.stopping === null ? null : 'stopping';
}

/** Locks the chunk row for a transaction whose effect must not happen under a lost claim (I3). False when it is lost. */
export async function holdFence(client: Querying, claim: Claim): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM chunk WHERE id = $1 AND epoch = $2 AND state = $3 FOR UPDATE', [
    claim.chunkId,
    claim.epoch,
    claim.state,
  ]);
  return rowCount === 1;
}

/**
 * What stands in a claim's way when a guarded statement counted zero rows. Who is not stopped any more was resumed between the two statements; its
 * owner learns that when it ends (`endExecution`).
 */
export async function whyRefused(client: Querying, claim: Claim): Promise<'stopping' | 'lost'> {
  const { rowCount } = await client.query('SELECT stopping FROM chunk WHERE id = $1 AND epoch = $2 AND state = $3', [
    claim.chunkId,
    claim.epoch,
    claim.state,
  ]);
  return rowCount === 1 ? 'stopping' : 'lost';
}

/** Whether chunk `c` of batch `b` has its turn: of a batch whose chunks depend on each other, only when all before it are settled. */
export const IN_ORDER = `(b.routing <> 'sequential' OR NOT EXISTS (
        SELECT 1 FROM chunk earlier WHERE earlier.batch_id = b.id AND earlier.number < c.number
          AND earlier.state NOT IN (${stateList(CHUNK_TERMINAL)})))`;

/**
 * Claimable are: queued and approved chunks of a running batch that nobody stops; a classifying chunk whose lease lapsed; an
 * executing one without a live lease, when its batch runs or when it is to be brought to a stop. A batch whose chunks depend on
 * each other gives a chunk away only when all before it are settled.
 *
 * What agents classify is left to them (agent-claims.sql.ts), except to bring to a stop what one left behind.
 *
 * A chunk that was given back until some moment is left alone before it, and so is one whose batch may send nothing for a while by its rate; but not
 * where it is to be brought to a stop, unless agents have errands of it: what they have in hand is waited for. What its owner left behind is taken over in any case.
 *
 * What a broken target holds is not claimed, except to bring it to a stop. Once a person resumed it, one chunk that is not
 * yet tried by another's is claimed to try it: of two claims at once the later finds that the breaker names another chunk than it saw, and takes nothing.
 *
 * The batch's row is shared with other claims, and not waited for: who pauses or cancels it has it alone, and nothing is claimed of a batch
 * between the moment it is paused and the moment that everybody can see it. A takeover from an owner that did not give its lease back is told
 * on the tape.
 */
const CLAIMABLE = `
    c.batch_id = b.id AND c.id <> ALL ($4::uuid[])
      AND (
        (b.state = 'running' AND c.stopping IS NULL
          AND ((c.state = 'queued' AND NOT b.agents) OR (c.state = 'approved' AND (c.released OR c.has_first))))
        OR (c.state = 'classifying' AND (NOT b.agents OR c.stopping IS NOT NULL) AND coalesce(c.lease_until, '-infinity') < clock_timestamp())
        OR (c.state = 'executing' AND coalesce(c.lease_until, '-infinity') < clock_timestamp()
          AND (b.state = 'running' OR c.stopping IS NOT NULL))
      )
      AND (c.lease_until IS NULL OR pg_postmaster_start_time() < clock_timestamp() - $2 * interval '1 millisecond')
      AND (c.state NOT IN ('approved', 'executing') OR c.stopping IS NOT NULL OR NOT EXISTS (
        SELECT FROM breaker t LEFT JOIN chunk p ON p.id = t.probe AND p.state = 'executing'
        WHERE t.target = ANY (c.targets) AND (t.state = 'open' OR (p.id IS NOT NULL AND p.id <> c.id))))
      AND ${IN_ORDER}
      AND ((c.stopping IS NOT NULL AND (c.waits_for IS DISTINCT FROM 'agent' OR c.not_before <= clock_timestamp())) OR (
        (c.not_before IS NULL OR c.not_before <= clock_timestamp())
        AND (c.state NOT IN (${stateList(CHUNK_ACTING)}) OR c.lease_until IS NOT NULL OR NOT EXISTS (
          SELECT FROM rate_bucket r WHERE r.batch_id = b.id AND r.next_at > clock_timestamp() + interval '${WAIT_HELD_MS} milliseconds'))
        AND ($3 = 'all' OR ($3 = 'light' AND (c.lease_until IS NOT NULL OR c.targets <> '{}')))))`;

/** Chunks at work: their owners were heard of. */
const BUSY = `
  SELECT batch_id, count(*)::int AS chunks FROM chunk
  WHERE state IN (${stateList(CHUNK_OWNED)}) AND lease_until > clock_timestamp() GROUP BY batch_id`;

/** So many chunks of a batch are looked at for how much is left of it: enough to tell a small one from a large one. */
const LEFT_CHUNKS = 32;

const CLAIM = `
WITH candidate AS (
  SELECT c.id, c.lost_owner, c.held_by, b.id AS batch_id, b.state AS batch_state
  FROM (
    SELECT b.id, b.state, b.routing, b.agents
    FROM batch b
    LEFT JOIN (${BUSY}) busy ON busy.batch_id = b.id
    CROSS JOIN LATERAL (
      SELECT sum(few.items) AS items FROM (
        SELECT CASE WHEN c.state IN (${stateList(CHUNK_ACTING)}) THEN ${WAITING} ELSE item_count - classified END AS items
        FROM chunk c WHERE c.batch_id = b.id AND c.state IN (${stateList(CHUNK_PAUSABLE)}) LIMIT ${LEFT_CHUNKS}) few
    ) remaining
    WHERE b.state = 'running'
       OR EXISTS (SELECT 1 FROM chunk WHERE batch_id = b.id AND state IN (${stateList(CHUNK_OWNED)}))
    ORDER BY coalesce(busy.chunks, 0), remaining.items, b.started_at
  ) b
  CROSS JOIN LATERAL (
    SELECT c.id, CASE WHEN c.state IN (${stateList(CHUNK_OWNED)}) THEN c.lease_owner END AS lost_owner,
      CASE WHEN c.state IN ('approved', 'executing') AND c.stopping IS NULL THEN c.targets END AS held_by
    FROM chunk c
    WHERE ${CLAIMABLE}
    ORDER BY (c.state IN ('approved', 'executing')) DESC, c.number
    LIMIT 1
    FOR UPDATE OF c SKIP LOCKED
  ) c
  LIMIT 1
), permitted AS (
  SELECT candidate.id, candidate.lost_owner, candidate.held_by, b.dataset_id FROM candidate JOIN batch b ON b.id = candidate.batch_id AND b.state = candidate.batch_state
  FOR SHARE OF b SKIP LOCKED
), held AS MATERIALIZED (
  SELECT t.target, t.probe FROM permitted JOIN breaker t ON t.target = ANY (permitted.held_by)
), probed AS (
  UPDATE breaker SET probe = permitted.id FROM permitted, held
  WHERE breaker.target = held.target AND breaker.state = 'probing' AND breaker.probe IS NOT DISTINCT FROM held.probe
  RETURNING breaker.target
), claimed AS (
  UPDATE chunk SET
    state = CASE WHEN chunk.state IN ('queued', 'classifying') THEN 'classifying' ELSE 'executing' END,
    epoch = chunk.epoch + 1,
    lease_owner = $1,
    lease_until = clock_timestamp() + $2 * interval '1 millisecond',
    claimed_at = clock_timestamp(),
    not_before = NULL,
    waits_for = NULL,
    updated_at = clock_timestamp()
  FROM permitted
  WHERE chunk.id = permitted.id AND (SELECT count(*) FROM probed) = (SELECT count(*) FROM held)
  RETURNING chunk.*, permitted.dataset_id, permitted.lost_owner
), told AS (
  INSERT INTO event (batch_id, chunk, kind, facts)
  SELECT claimed.batch_id, claimed.number, 'takeover', jsonb_build_object(
    'from', lost.pid, 'fromHost', lost.host, 'to', taker.pid, 'toHost', taker.host, 'inFlight', claimed.in_flight)
  FROM claimed LEFT JOIN worker lost ON lost.id = claimed.lost_owner LEFT JOIN worker taker ON taker.id = $1
  WHERE claimed.lost_owner IS NOT NULL
)
SELECT id AS "chunkId", batch_id AS "batchId", dataset_id AS "datasetId", number, epoch, state, stopping, targets <> '{}' AS outside,
  EXISTS (SELECT FROM worker w WHERE w.state = 'idle' AND w.id <> $1 AND w.heartbeat > clock_timestamp() - interval '${2 * HEARTBEAT_MS} milliseconds') AS "othersIdle",
  ARRAY(SELECT target FROM probed) AS probes, pg_notify('${CHANNEL}', '${CLAIMED}')::text AS told FROM claimed`;

const STARVING = `
WITH busy AS (${BUSY}), starving AS (
  SELECT b.id FROM batch b
  WHERE b.state = 'running' AND b.id NOT IN (SELECT batch_id FROM busy) AND EXISTS (SELECT FROM chunk c WHERE ${CLAIMABLE}) LIMIT 16
)
SELECT (SELECT count(*)::int FROM starving) AS starving, batch_id AS "batchId", chunks
FROM (SELECT) one LEFT JOIN busy ON batch_id = ANY ($1::uuid[])`;
