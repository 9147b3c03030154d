/** What `waitsFor` of lib/core/chunks is derived from, as SQL: one piece for each chunk, and one for its batch. Pieces of larger statements. */
import type { Pool } from 'pg';
import type { WaitFacts } from '#lib/core/chunks/waits-for.ts';
import {
  BATCH_UNFINISHED,
  CHUNK_ACTING,
  CHUNK_OWNED,
  CHUNK_TERMINAL,
  type ChunkState,
  type Stopping,
  stateList,
} from '#lib/core/lifecycle.ts';
import { WAIT_HELD_MS } from '#lib/core/limits.ts';

/** Of batches, materialised as `b`: which of them is an SQL condition on `batch`. A batch has few chunks' worth of this, so it is read once for all. */
export const waitingBatches = (which: string): string => `b AS MATERIALIZED (
  SELECT id, state, agents, CASE WHEN routing = 'sequential' THEN (
    SELECT min(e.number) FROM chunk e WHERE e.batch_id = batch.id AND e.state NOT IN (${stateList(CHUNK_TERMINAL)})) END AS first_open,
    EXISTS (SELECT FROM rate_bucket r
      WHERE r.batch_id = batch.id AND r.next_at > clock_timestamp() + interval '${WAIT_HELD_MS} milliseconds') AS rated
  FROM batch WHERE ${which})`;

/** No worker holds it, and the rate of its batch is used up for a while; how long depends on which chunk sends next. */
const RATED = `c.state IN (${stateList(CHUNK_ACTING)}) AND c.lease_until IS NULL AND b.rated`;
/** It was given back until a time that has not come. */
const GIVEN_BACK = 'c.not_before > clock_timestamp()';

/**
 * Of chunk `c` in batch `b`. What holds a chunk is what keeps its claim away (CLAIMABLE in claims.ts): an open breaker, or one that another chunk tries;
 * the hour until which it was given back; its batch's rate.
 */
const FACTS: Record<keyof WaitFacts, string> = {
  batchState: 'b.state',
  agents: 'b.agents',
  owned: `c.state IN (${stateList(CHUNK_OWNED)}) AND c.lease_owner IS NOT NULL AND coalesce(c.lease_until > clock_timestamp(), false)`,
  mayBegin: 'c.released OR c.has_first',
  behind: 'coalesce(b.first_open < c.number, false)',
  haltedAtTarget: 'c.incident_id IS NOT NULL',
  // There are hardly ever any breakers: that is asked once, and not for each chunk.
  heldBy: `CASE WHEN (SELECT EXISTS (SELECT FROM breaker)) AND (c.state IN (${stateList(CHUNK_ACTING)}) OR c.incident_id IS NOT NULL) THEN (
    SELECT t.target FROM breaker t WHERE t.target = ANY (c.targets)
      AND (CASE WHEN c.state = 'halted' THEN t.incident_id = c.incident_id ELSE t.state = 'open' OR t.probe IS DISTINCT FROM c.id END)
    ORDER BY t.target LIMIT 1) END`,
  givenBackFor: `CASE WHEN ${GIVEN_BACK} THEN c.waits_for WHEN ${RATED} THEN 'rate' END`,
  notBefore: `CASE WHEN ${GIVEN_BACK} THEN c.not_before END`,
  target: 'CASE WHEN cardinality(c.targets) = 1 THEN c.targets[1] END',
};
const NAMES = Object.keys(FACTS) as (keyof WaitFacts)[];
/** The facts by which chunks are grouped. Each chunk has a time of its own until which it is given back: a group has the earliest. */
const ALIKE = NAMES.filter((name) => name !== 'notBefore');

/** The facts as JSON, each out of the SQL that `of` gives for it. An instant is one of JavaScript's. */
function asJson(of: (name: keyof WaitFacts) => string): string {
  const value = (name: keyof WaitFacts): string =>
    name === 'notBefore' ? `to_char((${of(name)}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` : of(name);
  return `json_build_object(${NAMES.map((name) => `'${name}', ${value(name)}`).join(', ')})`;
}

/** Of chunk `c` in batch `b`: WaitFacts as JSON. */
export const WAIT_FACTS = asJson((name) => FACTS[name]);

export type WaiterGroup = {
  batchId: string;
  state: ChunkState;
  stopping: Stopping | null;
  wait: WaitFacts;
  chunks: number;
  /** when the first of them came into its state */
  since: Date;
};

/** The chunks of these batches that are not settled, as many as wait alike; without batches, of all that are running or paused. */
export async function readWaiters(pool: Pool, batchIds: readonly string[] | null): Promise<WaiterGroup[]> {
  const facts = ALIKE.map((name) => `${FACTS[name]} AS "${name}"`).join(', ');
  const { rows } = await pool.query<WaiterGroup>({
    name: batchIds === null ? 'waiters-of-all' : 'waiters',
    // Grouped as columns, for JSON is made of few groups sooner than of many chunks.
    text: `WITH ${waitingBatches(batchIds === null ? `state IN (${stateList(BATCH_UNFINISHED)})` : 'id = ANY ($1)')},
    waiter AS (
      SELECT c.batch_id, c.state, c.stopping, ${facts}, min(${FACTS.notBefore}) AS "notBefore", count(*)::int AS chunks, min(c.updated_at) AS since
      FROM b JOIN chunk c ON c.batch_id = b.id WHERE c.state NOT IN (${stateList(CHUNK_TERMINAL)})
      GROUP BY 1, 2, 3, ${ALIKE.map((_, at) => at + 4).join(', ')})
    SELECT batch_id AS "batchId", state, stopping, ${asJson((name) => `"${name}"`)} AS wait, chunks, since FROM waiter`,
    values: batchIds === null ? [] : [batchIds],
  });
  return rows;
}
