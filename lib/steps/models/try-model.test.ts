/** A model is asked before the start: what it says, what it costs at most, and what all would cost; and what it proposes. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { testDatabase } from '#test/database.ts';
import { asAdmin, rows } from '#test/fixtures/connected.ts';
import { modelServer, rightCategory } from '#test/fixtures/model-server.ts';
import { ADA } from '#test/fixtures/started-batch.ts';
import { proposeCategories } from './propose-categories.ts';
import { previewTry, tryModel } from './try-model.ts';

const { pool } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';

const server = await modelServer({ pauseMs: 1 });
afterAll(() => server.close());
beforeEach(() => {
  server.calls.length = 0;
  server.behave(() => 'ok');
});
const OPERATOR: Actor = { ...ADA, role: 'operator' };

const NAMES = ['close', 'keep', 'unsorted'];
async function connect(name: string, more: object = {}): Promise<void> {
  const made = await asAdmin('POST', '/connections', {
    ...{ name, connector: 'model', address: server.url, auth: { kind: 'none' }, ...more },
    model: { provider: 'openai-compatible', name: 'scripted', prices: { input: 2, output: 10, currency: 'EUR' } },
  });
  expect(made.status).toBe(201);
}
const planOver = (connection: string): PlanInput =>
  ({
    ...{ version: 2, instruction: 'Close what is done, keep the rest.', chunking: { by: 'size' } },
    classifier: { kind: 'model', connection, otherwise: 'unsorted', atMost: 1, together: 10 },
    categories: NAMES.map((name) => ({ name })),
  }) as PlanInput;
const asJson = (plan: PlanInput) => plan as never;

test('fifty items are asked for, at most for what was told, and say where the cost of all lies', async () => {
  await connect('probed', { usableBy: ['operator'] });
  const datasetId = await rows(pool, 300);
  const asked = { datasetId, plan: asJson(planOver('probed')) };
  const bound = await previewTry(OPERATOR, asked);
  expect(bound).toMatchObject({ items: 50, calls: 5, currency: 'EUR' });
  expect(server.calls).toEqual([]);
  const tried = await tryModel(OPERATOR, asked);
  expect(tried.spent).toBeLessThanOrEqual(bound.atMost);
  const charged = server.calls.reduce((sum, { input, output }) => sum + 2 * input + 10 * output, 0);
  expect(tried.spent).toBeCloseTo(charged / 1e6, 9);
  for (const { ordinal, category } of tried.answers) expect(category).toBe(rightCategory(`mail ${ordinal}`, NAMES));
  expect(tried.answers).toHaveLength(50);
  const { low = 0, likely = 0, high = 0 } = tried.dataset?.costs ?? {};
  expect(low).toBeLessThan(likely);
  expect(likely).toBeLessThan(high);
  // All of them, by the same server.
  const all = await asAdmin('POST', '/batches', { datasetId, name: 'All', plan: planOver('probed') });
  expect(all.status).toBe(201);
  expect(likely).toBeCloseTo((6 * charged) / 1e6, 3);
  // The same are asked for again, and written down under who asked.
  const again = await tryModel(OPERATOR, { ...asked, ordinals: [7, 3, 3] });
  expect(again.answers.map(({ ordinal }) => ordinal)).toEqual([3, 7]);
  expect(again.dataset).toBeNull();
  const { rows: calls } = await pool.query(
    'SELECT DISTINCT "by", outcome, batch_id AS "batchId" FROM model_call WHERE dataset_id = $1',
    [datasetId],
  );
  expect(calls).toEqual([{ by: OPERATOR.id, outcome: 'answered', batchId: null }]);
});

test('a try is refused before anything is asked where the plan has no model, the connection is not there, or is an admin’s', async () => {
  await connect('admins');
  const datasetId = await rows(pool, 3);
  const refused = (plan: PlanInput, code: string) =>
    expect(tryModel(OPERATOR, { datasetId, plan: asJson(plan) })).rejects.toMatchObject({ code });
  await refused({ ...planOver('admins'), classifier: { kind: 'rules', rules: [], otherwise: 'keep' } }, 'invalid');
  await refused(planOver('nobody'), 'invalid');
  await refused(planOver('admins'), 'forbidden');
  await expect(proposeCategories(OPERATOR, { datasetId, connection: 'admins', instruction: 'x' })).rejects.toMatchObject({
    code: 'not_found',
  });
  expect(server.calls).toEqual([]);
});

test('a model that answers nothing is told of in its own words, and what it may have cost counts', async () => {
  await connect('refusing');
  const datasetId = await rows(pool, 3);
  server.behave(() => 'refused');
  const asked = { datasetId, plan: asJson(planOver('refusing')) };
  await expect(tryModel(ADA, asked)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('It says: Incorrect API key'),
  });
  server.behave(() => 'cut');
  const tried = await tryModel(ADA, asked);
  expect(tried.spent).toBeGreaterThan(0);
  expect(tried.answers.some(({ confidence, why }) => confidence === 0 && why === 'The model gave no usable answer.')).toBe(true);
});

test('categories are proposed from what should happen and what the fields hold, each name once, and nothing is changed', async () => {
  await connect('proposing');
  const datasetId = await rows(pool, 3);
  const proposal = await proposeCategories(ADA, { datasetId, connection: 'proposing', instruction: 'Close what is done.' });
  expect(proposal).toMatchObject({
    categories: [
      { name: 'close', means: 'what is done' },
      { name: 'keep', means: 'what somebody waits for' },
      { name: 'other', means: 'the rest' },
    ],
    currency: 'EUR',
  });
  expect(server.calls[0]?.text).toContain('Close what is done.');
  expect(proposal.spent).toBeGreaterThan(0);
});
