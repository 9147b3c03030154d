/**
 * Calls to models. What a call may cost is reserved before it is sent, in the one row where all calls of a batch meet; each answer is kept under the claim's fence with
 * the note that it came; and the reservation gives way to what the call cost. All of it is one statement each, over arrays, for which Prisma has no words.
 */
import type { Pool } from 'pg';
import type { Tokens } from '#lib/core/models/cost.ts';
import type { Measure, Size } from '#lib/core/models/measure.ts';
import type { Claim } from '#lib/store/chunks/claims.sql.ts';
import { NO_PART } from '#lib/store/chunks/classifications.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

export type NewCall = {
  id: string;
  datasetId: string;
  connectionId: string;
  connection: string;
  provider: string;
  model: string;
  /** SHA-256 */
  instruction: Buffer;
  asked: readonly number[];
  /** the most it can cost, in millionths of the currency */
  reserved: number;
  currency: string;
  by: string;
};

const CALL = `id, batch_id, dataset_id, chunk_id, epoch, revision, plan_revision, connection_id, connection, provider, model, instruction, asked, reserved, currency, "by"`;

const valuesOf = (call: NewCall): unknown[] => [
  ...[call.id, call.datasetId, call.connectionId, call.connection, call.provider, call.model],
  ...[call.instruction, call.asked, call.reserved, call.currency, call.by],
];

/**
 * Reserves what the call may cost and writes it down, under the claim's fence. `cap`: that would pass what the batch may spend, and nothing was written; `refused`: the
 * chunk is being stopped, or has another owner.
 */
export async function reserveCall(pool: Pool, claim: Claim, call: NewCall): Promise<'reserved' | 'cap' | 'refused'> {
  const { rows } = await pool.query<{ written: number; fenced: boolean }>({
    name: 'reserve-model-call',
    text: `WITH fence AS MATERIALIZED (
         SELECT revision, plan_revision FROM chunk WHERE id = $12 AND epoch = $13 AND state = 'classifying' AND stopping IS NULL FOR NO KEY UPDATE
       ), room AS (
         UPDATE model_spend SET spent = spent + $9::bigint FROM fence WHERE batch_id = $14 AND spent + $9::bigint <= at_most RETURNING fence.revision, fence.plan_revision
       ), written AS (
         INSERT INTO model_call (${CALL})
         SELECT $1, $14, $2, $12, $13, room.revision, room.plan_revision, $3, $4, $5, $6, $7, $8::int[], $9::bigint, $10, $11 FROM room RETURNING 1
       )
       SELECT (SELECT count(*)::int FROM written) AS written, EXISTS (SELECT FROM fence) AS fenced`,
    values: [...valuesOf(call), claim.chunkId, claim.epoch, claim.batchId],
  });
  const [row] = rows;
  if (!row?.fenced) return 'refused';
  return row.written === 1 ? 'reserved' : 'cap';
}

/** Of a try on a plan's page: nothing meets there, and whoever tries was told what it costs at most. */
export async function insertTry(client: Querying, call: NewCall): Promise<void> {
  await client.query(
    `INSERT INTO model_call (${CALL}) VALUES ($1, NULL, $2, NULL, NULL, NULL, NULL, $3, $4, $5, $6, $7, $8::int[], $9::bigint, $10, $11)`,
    valuesOf(call),
  );
}

/** The row in which a batch's calls meet; what it may spend is the plan's, until a person says otherwise. */
export async function openSpend(client: Querying, batchId: string, atMost: number, currency: string): Promise<void> {
  await client.query(
    'INSERT INTO model_spend (batch_id, at_most, currency) VALUES ($1, $2, $3) ON CONFLICT (batch_id) DO NOTHING',
    [batchId, atMost, currency],
  );
}

type Answer = { ordinal: number; category: string; why: string; confidence: number };

/**
 * Keeps answers under the claim's fence, each once, with the note on their call. What is being paused may keep what was on its way, as an outcome may be stored then. Null:
 * the chunk has another owner, or is being cancelled, and nothing was kept; else the ordinals that were kept.
 */
export async function keepAnswers(
  pool: Pool,
  claim: Claim,
  callId: string | null,
  answers: readonly Answer[],
  by: string,
): Promise<number[] | null> {
  const { rows } = await pool.query<{ fenced: boolean; kept: number[] }>({
    name: 'keep-model-answers',
    text: `WITH fence AS MATERIALIZED (
         SELECT revision FROM chunk WHERE id = $1 AND epoch = $2 AND state = 'classifying' AND stopping IS DISTINCT FROM 'cancel' FOR NO KEY UPDATE
       ), kept AS (
         INSERT INTO classification (batch_id, chunk_id, ordinal, category, why, confidence, part, "by", revision)
         SELECT $3, $1, a.ordinal, a.category, a.why, a.confidence, ${NO_PART}, $4, fence.revision
         FROM fence, unnest($5::int[], $6::text[], $7::text[], $8::float8[]) AS a(ordinal, category, why, confidence)
         WHERE EXISTS (SELECT FROM chunk_item ci WHERE ci.batch_id = $3 AND ci.ordinal = a.ordinal AND ci.chunk_id = $1)
         ON CONFLICT (batch_id, ordinal) DO NOTHING RETURNING ordinal
       ), counted AS (
         UPDATE chunk SET classified = classified + (SELECT count(*) FROM kept), updated_at = clock_timestamp()
         FROM fence WHERE id = $1 RETURNING 1
       ), noted AS (
         UPDATE model_call SET answered = answered || ARRAY(SELECT ordinal FROM kept ORDER BY ordinal) WHERE id = $9 AND EXISTS (SELECT FROM kept) RETURNING 1
       )
       SELECT EXISTS (SELECT FROM counted) AS fenced, ARRAY(SELECT ordinal FROM kept) AS kept, (SELECT count(*) FROM noted) AS noted`,
    values: [
      ...[claim.chunkId, claim.epoch, claim.batchId, by],
      ...[
        answers.map(({ ordinal }) => ordinal),
        answers.map(({ category }) => category),
        answers.map(({ why }) => why),
        answers.map(({ confidence }) => confidence),
      ],
      callId,
    ],
  });
  const [row] = rows;
  return row?.fenced ? row.kept : null;
}

export type Settled = {
  outcome: 'answered' | 'refused' | 'broken';
  reason: string | null;
  tokens: Tokens | null;
  cost: number | null;
};

/** How a server counted the calls to a model over this connection; null where it counted none. */
export async function readMeasure(client: Querying, connectionId: string, model: string): Promise<Measure | null> {
  const { rows } = await client.query<Measure>({
    name: 'model-measure',
    text: 'SELECT thought, counted, "over" FROM model_measure WHERE connection_id = $1 AND model = $2',
    values: [connectionId, model],
  });
  return rows[0] ?? null;
}

/**
 * Says what a call came to, once, and how its server counted what it was thought to read. Its reservation gives way to its cost, where that is known; where it is not it stays, for it may be paid. It is said without a fence: what
 * was paid was paid.
 */
export async function settleCall(
  client: Querying,
  { id, size }: { id: string; size: Size },
  { outcome, reason, tokens, cost }: Settled,
): Promise<void> {
  await client.query({
    name: 'settle-model-call',
    text: `WITH settled AS (
         UPDATE model_call SET outcome = $2, reason = $3, tokens_in = $4, tokens_out = $5, cost = $6, ended_at = clock_timestamp()
         WHERE id = $1 AND outcome = 'sent' RETURNING batch_id, reserved, cost, connection_id, model
       ), measured AS (
         INSERT INTO model_measure AS m (connection_id, model, thought, counted, "over")
         SELECT connection_id, model, $7::float8, $4::float8, $4::float8 / $8::float8 FROM settled WHERE $4::int IS NOT NULL
         ON CONFLICT (connection_id, model) DO UPDATE SET thought = 0.9 * m.thought + excluded.thought, counted = 0.9 * m.counted + excluded.counted,
           "over" = greatest(m."over", excluded."over")
       )
       UPDATE model_spend s SET spent = s.spent - settled.reserved + settled.cost FROM settled WHERE s.batch_id = settled.batch_id AND settled.cost IS NOT NULL`,
    values: [id, outcome, reason, tokens?.input ?? null, tokens?.output ?? null, cost, size.about, size.atMost],
  });
}

/**
 * How often each item of the chunk was in a call that ended as it should and got no usable answer, whoever owned the chunk then; a chunk that was sent back is asked for anew. Items
 * that were asked for in no such call are not among them.
 */
export async function readTries(client: Querying, { chunkId }: Pick<Claim, 'chunkId'>): Promise<Map<number, number>> {
  const { rows } = await client.query<{ ordinal: number; tries: number }>(
    `SELECT o AS ordinal, count(*)::int AS tries FROM chunk c JOIN model_call m ON m.chunk_id = c.id AND m.revision = c.revision, unnest(m.asked) o
     WHERE c.id = $1 AND m.outcome = 'answered' AND o <> ALL (m.answered) GROUP BY o`,
    [chunkId],
  );
  return new Map(rows.map(({ ordinal, tries }) => [ordinal, tries]));
}

/** Whether a call of the batch is out, whose owner lives. */
export async function areOut(client: Querying, batchId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM model_call m JOIN chunk c ON c.id = m.chunk_id AND c.epoch = m.epoch AND c.lease_until > clock_timestamp()
     WHERE m.batch_id = $1 AND m.outcome = 'sent' LIMIT 1`,
    [batchId],
  );
  return rowCount === 1;
}
