/** What batches spent on models, and which call gave an answer. Amounts are millionths in the tables, as bigints that Prisma would hand out as such. */
import type { Querying } from '#lib/store/postgres/db.ts';

export type SpendRow = { batchId: string; spent: number; atMost: number; currency: string; connection: string };

/** Of those of these batches that a model classifies, in millionths. */
export async function readSpends(client: Querying, batchIds: readonly string[]): Promise<Map<string, SpendRow>> {
  const { rows } = await client.query<SpendRow>({
    name: 'model-spends',
    text: `SELECT batch_id AS "batchId", spent::float8 AS spent, at_most::float8 AS "atMost", currency, coalesce(b.plan -> 'classifier' ->> 'connection', '') AS connection
      FROM model_spend JOIN batch b ON b.id = batch_id WHERE batch_id = ANY ($1)`,
    values: [batchIds],
  });
  return new Map(rows.map((row) => [row.batchId, row]));
}

/** Lets the batch cost so much from now on, in millionths. False: no model was asked for it yet, and its plan says what it may cost. */
export async function limitSpend(client: Querying, batchId: string, atMost: number): Promise<boolean> {
  const { rowCount } = await client.query('UPDATE model_spend SET at_most = $2 WHERE batch_id = $1', [batchId, atMost]);
  return rowCount === 1;
}

export type OriginRow = {
  connection: string;
  provider: string;
  model: string;
  instruction: string;
  planRevision: number | null;
  items: number;
  tokensIn: number | null;
  tokensOut: number | null;
  cost: number | null;
  currency: string;
  ms: number | null;
  at: Date;
};

/** The call whose answer for the item was kept last; null where no model gave one. */
export async function readOrigin(client: Querying, chunkId: string, ordinal: number): Promise<OriginRow | null> {
  const { rows } = await client.query<OriginRow>(
    `SELECT connection, provider, model, encode(instruction, 'hex') AS instruction, plan_revision AS "planRevision", cardinality(asked) AS items,
       tokens_in AS "tokensIn", tokens_out AS "tokensOut", cost::float8 AS cost, currency, sent_at AS at,
       round(extract(epoch FROM ended_at - sent_at) * 1000)::int AS ms
     FROM model_call WHERE chunk_id = $1 AND $2 = ANY (answered) ORDER BY epoch DESC, sent_at DESC LIMIT 1`,
    [chunkId, ordinal],
  );
  return rows[0] ?? null;
}

export type ChunkCalls = {
  model: string;
  instruction: string;
  calls: number;
  answers: number;
  tokensIn: number;
  tokensOut: number;
  spent: number;
  currency: string;
};

/** What a chunk's calls came to, by model and instruction, in the order in which they were first used. */
export async function readChunkCalls(client: Querying, chunkId: string): Promise<ChunkCalls[]> {
  const { rows } = await client.query<ChunkCalls>(
    `SELECT model, encode(instruction, 'hex') AS instruction, count(*)::int AS calls, sum(cardinality(answered))::int AS answers,
       coalesce(sum(tokens_in), 0)::float8 AS "tokensIn", coalesce(sum(tokens_out), 0)::float8 AS "tokensOut",
       sum(coalesce(cost, reserved))::float8 AS spent, currency
     FROM model_call WHERE chunk_id = $1 GROUP BY model, instruction, currency ORDER BY min(sent_at)`,
    [chunkId],
  );
  return rows;
}
