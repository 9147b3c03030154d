/**
 * Claims and leases of agents, who classify over REST. They raise the same epoch that workers raise, so one fence holds for both (I3); a claim takes a row that is
 * locked by nobody, by the database's clock, for which Prisma has no words.
 */
import { CHUNK_TRANSITIONS, type ChunkState, chunkFrom } from '#lib/core/lifecycle.ts';
import { AGENT_LEASE_MS } from '#lib/core/limits.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { type Claim, IN_ORDER } from './claims.sql.ts';

/** What an agent works on. */
export type AgentClaim = Claim & { name: string; itemCount: number; classified: number; note: string | null; leaseUntil: Date };

const CLAIMED = `chunk.id AS "chunkId", batch_id AS "batchId", (SELECT dataset_id FROM batch b WHERE b.id = chunk.batch_id) AS "datasetId", number, epoch, state, stopping,
  '{}'::text[] AS probes, name, item_count AS "itemCount", classified, note, lease_until AS "leaseUntil"`;

/** The chunk that this owner has of the batch already, its lease renewed; null: it has none. */
export async function heldByAgent(client: Querying, batchId: string, owner: string): Promise<AgentClaim | null> {
  const { rows } = await client.query<AgentClaim>(
    `UPDATE chunk SET lease_until = clock_timestamp() + ${AGENT_LEASE_MS} * interval '1 millisecond'
     WHERE id = (SELECT id FROM chunk WHERE batch_id = $1 AND state = 'classifying' AND stopping IS NULL AND lease_owner = $2 LIMIT 1)
       AND state = 'classifying' AND lease_owner = $2 RETURNING ${CLAIMED}`,
    [batchId, owner],
  );
  return rows[0] ?? null;
}

/**
 * The next chunk of the batch, in the order of the numbers; what an agent left behind comes first, once its lease has run out. Null: there is none now.
 *
 * @param who the claim's owner; the key and the name that the agent has, for people
 */
export async function claimForAgent(
  client: Querying,
  batchId: string,
  { owner, key, name }: { owner: string; key: string; name: string },
): Promise<AgentClaim | null> {
  const { rows } = await client.query<AgentClaim>({
    name: 'claim-for-agent',
    text: `WITH candidate AS (
        SELECT c.id FROM batch b JOIN chunk c ON c.batch_id = b.id
        WHERE b.id = $1 AND b.agents AND b.state = 'running' AND c.stopping IS NULL
          AND (c.state = 'queued' OR (c.state = 'classifying' AND coalesce(c.lease_until, '-infinity') < clock_timestamp()))
          AND ${IN_ORDER}
        ORDER BY c.state, c.number LIMIT 1 FOR UPDATE OF c SKIP LOCKED
      ), permitted AS (
        SELECT candidate.id FROM candidate, batch b WHERE b.id = $1 AND b.state = 'running' FOR SHARE OF b SKIP LOCKED
      )
      UPDATE chunk SET state = 'classifying', epoch = epoch + 1, lease_owner = $2, agent = $3, agent_name = $4, claimed_at = clock_timestamp(),
        lease_until = clock_timestamp() + ${AGENT_LEASE_MS} * interval '1 millisecond', not_before = NULL, waits_for = NULL, updated_at = clock_timestamp()
      FROM permitted WHERE chunk.id = permitted.id RETURNING ${CLAIMED}`,
    values: [batchId, owner, key, name],
  });
  return rows[0] ?? null;
}

/** A claim as its agent names it. `key`: the id of the key that it was made with. */
type HeldClaim = { batchId: string; number: number; epoch: number; key: string };

/**
 * Renews the lease of a claim and locks its row until the transaction ends; a lease that ran out and that nobody took over is renewed too. Null: the claim
 * does not stand any more.
 */
export async function holdForAgent(tx: Querying, { batchId, number, epoch, key }: HeldClaim): Promise<AgentClaim | null> {
  const { rows } = await tx.query<AgentClaim>(
    `UPDATE chunk SET lease_until = clock_timestamp() + ${AGENT_LEASE_MS} * interval '1 millisecond', updated_at = clock_timestamp()
     WHERE batch_id = $1 AND number = $2 AND epoch = $3 AND agent = $4 AND state = 'classifying' AND lease_owner IS NOT NULL RETURNING ${CLAIMED}`,
    [batchId, number, epoch, key],
  );
  return rows[0] ?? null;
}

/** classifying -> queued, as `yieldClassifying` does, by the chunk's number. False: the claim does not stand any more. */
export async function releaseForAgent(tx: Querying, { batchId, number, epoch, key }: HeldClaim): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE chunk SET state = $4, lease_owner = NULL, lease_until = NULL, updated_at = clock_timestamp()
     WHERE batch_id = $1 AND number = $2 AND epoch = $3 AND state = ANY($5) AND agent = $6`,
    [batchId, number, epoch, CHUNK_TRANSITIONS.yield_classify.to, chunkFrom('yield_classify'), key],
  );
  return rowCount === 1;
}

/** The items of the chunk among these ordinals, with the category that each has and who gave it; what is not there is of another chunk, or of none. */
export async function readReported(
  tx: Querying,
  { batchId, chunkId }: { batchId: string; chunkId: string },
  ordinals: readonly number[],
): Promise<Map<number, { category: string; by: string } | null>> {
  const { rows } = await tx.query<{ ordinal: number; category: string | null; by: string }>(
    `SELECT ci.ordinal, a.category, a."by" FROM chunk_item ci LEFT JOIN classification a ON a.batch_id = ci.batch_id AND a.ordinal = ci.ordinal
     WHERE ci.batch_id = $1 AND ci.chunk_id = $2 AND ci.ordinal = ANY ($3)`,
    [batchId, chunkId, ordinals],
  );
  return new Map(rows.map(({ ordinal, category, by }) => [ordinal, category === null ? null : { category, by }]));
}

/** Says under which claim, and by which revision of the plan, these items were reported: a row for each report, as a model's call has one. */
export async function noteReport(
  tx: Querying,
  { chunkId, epoch }: AgentClaim,
  ordinals: readonly number[],
  by: string,
): Promise<void> {
  await tx.query(
    `INSERT INTO agent_report (id, chunk_id, epoch, plan_revision, "by", ordinals)
     SELECT gen_random_uuid(), id, $2, plan_revision, $3, $4::int[] FROM chunk WHERE id = $1`,
    [chunkId, epoch, by, ordinals],
  );
}

/** The claim under which an agent reported the item last; null where none did, or that was before it was kept. */
export async function readClaimOf(client: Querying, chunkId: string, ordinal: number): Promise<number | null> {
  const { rows } = await client.query<{ epoch: number }>(
    'SELECT epoch FROM agent_report WHERE chunk_id = $1 AND $2 = ANY (ordinals) ORDER BY epoch DESC LIMIT 1',
    [chunkId, ordinal],
  );
  return rows[0]?.epoch ?? null;
}

/** How a chunk stands, for whoever's claim does not; null: there is none of this number. */
export async function readStanding(
  tx: Querying,
  { batchId, number }: { batchId: string; number: number },
): Promise<{ chunkId: string; state: ChunkState; epoch: number; key: string | null } | null> {
  const { rows } = await tx.query<{ chunkId: string; state: ChunkState; epoch: number; key: string | null }>(
    'SELECT id AS "chunkId", state, epoch, agent AS key FROM chunk WHERE batch_id = $1 AND number = $2',
    [batchId, number],
  );
  return rows[0] ?? null;
}
