/** Who works on what, and what waits for a person: chunks under a lease that has not run out by the database's clock, with whoever has it, for which Prisma has no words. */
import { CHUNK_OWNED, CHUNK_WANTING_PEOPLE, type ChunkState } from '#lib/core/lifecycle.ts';
import { AGENT_LEASE_MS } from '#lib/core/limits.ts';
import { IN_HAND } from '#lib/store/errands/errands.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/** A chunk that somebody has: an agent by its key and the name that it gave itself, or a worker of ours. */
export type HeldChunk = {
  batchId: string;
  batchName: string;
  number: number;
  state: ChunkState;
  since: Date;
  /** `until`: when it may be taken from the agent, unless that is heard of before */
  agent: { key: string; name: string; lastCall: Date; until: Date } | null;
  worker: { id: string; host: string; pid: number } | null;
};

/** The chunks of a batch, or of all, that somebody works on; with `agents`, only those that an agent has. By batch and number. */
export async function readHeldChunks(
  client: Querying,
  { batchId = null, agents = false, limit }: { batchId?: string | null; agents?: boolean; limit: number },
): Promise<HeldChunk[]> {
  const { rows } = await client.query<HeldChunk>(
    `SELECT c.batch_id AS "batchId", b.name AS "batchName", c.number, c.state, coalesce(c.claimed_at, c.updated_at) AS since,
       CASE WHEN ${BY_AGENT} THEN json_build_object('key', c.agent, 'name', c.agent_name) END AS agent,
       c.lease_until - ${AGENT_LEASE_MS} * interval '1 millisecond' AS "lastCall", c.lease_until AS until,
       CASE WHEN w.id IS NOT NULL THEN json_build_object('id', w.id, 'host', w.host, 'pid', w.pid) END AS worker
     FROM chunk c JOIN batch b ON b.id = c.batch_id LEFT JOIN worker w ON w.id = c.lease_owner
     WHERE c.state = ANY ($2) AND c.lease_until > clock_timestamp() AND ($1::uuid IS NULL OR c.batch_id = $1) AND (NOT $3 OR (${BY_AGENT}))
     ORDER BY b.created_at DESC, b.id, c.number LIMIT $4`,
    [batchId, CHUNK_OWNED, agents, limit],
  );
  return (rows as (HeldChunk & { lastCall: Date; until: Date })[]).map(({ lastCall, until, agent, ...row }) => ({
    ...row,
    agent: agent && { ...agent, lastCall, until },
  }));
}

/** An errand that an agent has and did not answer. */
export type HeldErrand = {
  batchId: string;
  batchName: string;
  number: number;
  item: number;
  since: Date;
  until: Date;
  key: string;
  name: string;
};

/** Those of a batch, or of all: the first that are due. */
export async function readHeldErrands(
  client: Querying,
  { batchId = null, limit }: { batchId?: string | null; limit: number },
): Promise<HeldErrand[]> {
  const { rows } = await client.query<HeldErrand>(
    `SELECT e.batch_id AS "batchId", b.name AS "batchName", c.number, e.ordinal AS item, e.given_at AS since, e.until, e.given_to AS key, e.given_name AS name
     FROM errand e JOIN chunk c ON c.id = e.chunk_id JOIN batch b ON b.id = e.batch_id
     WHERE ${IN_HAND} AND ($1::uuid IS NULL OR e.batch_id = $1) ORDER BY e.until, e.key LIMIT $2`,
    [batchId, limit],
  );
  return rows;
}

/** A worker of ours has a row, and executes what agents classified. */
const BY_AGENT = `b.agents AND c.state = 'classifying' AND c.agent IS NOT NULL AND w.id IS NULL`;

/** A chunk that stands still until a person says something. */
export type WantingChunk = { number: number; state: ChunkState; since: Date };

/** The first of them by number, how many there are, and a digest of them all: another one says that something changed. */
export async function readWanting(
  client: Querying,
  batchId: string,
  limit: number,
): Promise<{ first: WantingChunk[]; count: number; digest: string }> {
  const { rows } = await client.query<WantingChunk>(
    `SELECT number, state, updated_at AS since FROM chunk WHERE batch_id = $1 AND state = ANY ($2) ORDER BY number LIMIT $3`,
    [batchId, CHUNK_WANTING_PEOPLE, limit],
  );
  const all = await client.query<{ count: number; digest: string }>(
    `SELECT count(*)::int AS count, md5(coalesce(string_agg(number || ' ' || state || ' ' || revision, ',' ORDER BY number), '')) AS digest
     FROM chunk WHERE batch_id = $1 AND state = ANY ($2)`,
    [batchId, CHUNK_WANTING_PEOPLE],
  );
  const [{ count, digest } = { count: 0, digest: '' }] = all.rows;
  return { first: rows, count, digest };
}
