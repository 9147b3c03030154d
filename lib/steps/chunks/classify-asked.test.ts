/** Chunks that a model classifies, against a server that does as a script says: what is kept, what is asked again, and what it costs. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { testDatabase } from '#test/database.ts';
import { asAdmin, rows } from '#test/fixtures/connected.ts';
import { modelServer, rightCategory } from '#test/fixtures/model-server.ts';
import { chunkStates, workUntil } from '#test/fixtures/started-batch.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';

const server = await modelServer();
afterAll(() => server.close());
beforeEach(() => {
  server.calls.length = 0;
  server.behave(() => 'ok');
});

const PRICES = { input: 2, output: 10, currency: 'EUR' };
const KEY = 'sk-of-somebody-1234567890';
const model = (more: object = {}) => ({ provider: 'openai-compatible', name: 'scripted', prices: PRICES, ...more });
let connections = 0;
async function connect(more: object = {}): Promise<string> {
  const name = `model-${++connections}`;
  const made = await asAdmin('POST', '/connections', {
    ...{
      name,
      connector: 'model',
      address: server.url,
      auth: { kind: 'bearer' },
      secrets: { token: KEY },
      model: model(),
      ...more,
    },
  });
  if (made.status !== 201) throw new Error(made.text);
  return name;
}

const NAMES = ['close', 'keep', 'unsorted'];
const planOver = (connection: string, more: object = {}): PlanInput =>
  ({
    version: 2,
    instruction: 'Close what is done, keep the rest.',
    classifier: { kind: 'model', connection, otherwise: 'unsorted', atMost: 10, together: 5, ...more },
    categories: NAMES.map((name) => ({ name })),
    chunking: { by: 'size', maxItems: 10 },
    gates: { next: 'parallel' },
  }) as PlanInput;

async function started(items: number, plan: PlanInput): Promise<string> {
  const made = await asAdmin('POST', '/batches', { datasetId: await rows(pool, items), name: 'By a model', plan, start: true });
  if (made.status !== 201) throw new Error(made.text);
  return String(made.body.id);
}

type Kept = { ordinal: number; category: string; why: string; confidence: number; by: string };
const kept = async (batchId: string): Promise<Kept[]> =>
  (
    await pool.query<Kept>('SELECT ordinal, category, why, confidence, "by" FROM classification WHERE batch_id = $1 ORDER BY 1', [
      batchId,
    ])
  ).rows;
const until = (batchId: string, ...states: string[]) =>
  workUntil(pool, async () => (await chunkStates(pool, batchId)).every((state) => states.includes(state)));

test('every item gets what the model says, in its words, once; spent is what the server counted', async () => {
  const batchId = await started(23, planOver(await connect()));
  await until(batchId, 'awaiting_review');
  const all = await kept(batchId);
  expect(all.map(({ ordinal, category }) => [ordinal, category])).toEqual(
    Array.from({ length: 23 }, (_, at) => [at + 1, rightCategory(`mail ${at + 1}`, NAMES)]),
  );
  expect(all[0]).toMatchObject({ by: 'model', confidence: 0.6, why: expect.stringContaining('its number says') });
  const input = server.calls.reduce((sum, call) => sum + call.input, 0);
  const output = server.calls.reduce((sum, call) => sum + call.output, 0);
  const { rows: calls } = await pool.query(
    `SELECT sum(tokens_in)::int AS input, sum(tokens_out)::int AS output, sum(cost)::int AS cost, bool_and(cost <= reserved) AS bounded FROM model_call WHERE batch_id = $1`,
    [batchId],
  );
  expect(calls[0]).toEqual({ input, output, cost: 2 * input + 10 * output, bounded: true });
  const { rows: spend } = await pool.query('SELECT spent::int, at_most::int AS "atMost" FROM model_spend WHERE batch_id = $1', [
    batchId,
  ]);
  expect(spend).toEqual([{ spent: 2 * input + 10 * output, atMost: 10_000_000 }]);
  // The key goes where it belongs, and the names of the plan go nowhere as an answer.
  expect(server.calls[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  expect(JSON.parse(server.calls[0]?.text ?? '')).not.toHaveProperty('tools');
});
