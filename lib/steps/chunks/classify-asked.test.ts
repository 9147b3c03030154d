/** Chunks that a model classifies, against a server that does as a script says: what is kept, what is asked again, and what it costs. */
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { testDatabase } from '#test/database.ts';
import { asAdmin, rows } from '#test/fixtures/connected.ts';
import { modelServer, rightCategory } from '#test/fixtures/model-server.ts';
import { chunkStates, workUntil } from '#test/fixtures/started-batch.ts';
import { FULL } from '#test/size.ts';

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

test('what is no answer is refused and asked again, few at a time, and left to a person in the end', async () => {
  const batchId = await started(10, planOver(await connect()));
  // The first item of each call gets none, or one of no category that there is: three times, whoever is asked.
  server.behave(() => 'lies');
  await until(batchId, 'awaiting_review');
  const all = await kept(batchId);
  expect(all).toHaveLength(10);
  const unsure = all.filter(({ confidence }) => confidence === 0);
  expect(unsure.length).toBeGreaterThan(0);
  for (const { category, why } of unsure) {
    expect(category).toBe('unsorted');
    expect(why).toMatch(
      /^The model (gave no usable answer|named a category that the plan does not have)\. It was asked 3 times\.$/,
    );
  }
  for (const { ordinal, category } of all.filter(({ confidence }) => confidence > 0))
    expect(category).toBe(rightCategory(`mail ${ordinal}`, NAMES));
  expect(Math.max(...server.calls.slice(2).map(({ items }) => items))).toBeLessThanOrEqual(5);
});

test('a server that is busy, breaks, cuts its answers short or talks of something else costs time, and no answer', async () => {
  const batchId = await started(20, planOver(await connect()));
  const script = ['busy', 'cut', 'broken', 'prose', 'cut', 'busy'] as const;
  server.behave((call) => script[call - 1] ?? 'ok');
  await until(batchId, 'awaiting_review');
  const all = await kept(batchId);
  expect(all.map(({ ordinal, category }) => [ordinal, category])).toEqual(
    Array.from({ length: 20 }, (_, at) => [at + 1, rightCategory(`mail ${at + 1}`, NAMES)]),
  );
  const { rows: calls } = await pool.query<{
    outcome: string;
    reason: string | null;
    settled: boolean;
    free: boolean;
    ours: number;
    n: number;
  }>(
    `SELECT outcome, reason, bool_and(cost IS NOT NULL) AS settled, bool_and(coalesce(cost, reserved) = 0) AS free, count(*)::int AS n FROM model_call
     WHERE batch_id = $1 GROUP BY 1, 2 ORDER BY 1, 2`,
    [batchId],
  );
  expect(calls).toEqual([
    { outcome: 'answered', reason: null, settled: true, free: false, n: expect.any(Number) },
    { outcome: 'broken', reason: 'http_500', settled: false, free: false, n: 1 },
    { outcome: 'broken', reason: 'incomplete_answer', settled: false, free: false, n: 2 },
    { outcome: 'refused', reason: 'http_429', settled: true, free: true, n: 2 },
  ]);
  // What came before the break was kept, and is not asked for again.
  const { rows: cut } = await pool.query<{ n: number }>(
    `SELECT sum(cardinality(answered))::int AS n FROM model_call WHERE batch_id = $1 AND reason = 'incomplete_answer'`,
    [batchId],
  );
  expect(cut[0]?.n).toBeGreaterThan(0);
  const { rows: once } = await pool.query<{ n: number }>(
    'SELECT sum(cardinality(answered))::int AS n FROM model_call WHERE batch_id = $1',
    [batchId],
  );
  expect(once[0]?.n).toBe(20);
  await spentAsCounted(batchId);
});

/** Spent is the server's count of the answers that came, with what the others may cost at most; and the server charged no more. */
async function spentAsCounted(batchId: string): Promise<void> {
  const { rows: ours } = await pool.query<{ told: number; all: number; spent: number; sent: number }>(
    `SELECT coalesce(sum(cost), 0)::int AS told, sum(coalesce(cost, reserved))::int AS all, (SELECT spent::int FROM model_spend WHERE batch_id = $1) AS spent, count(*)::int AS sent
     FROM model_call WHERE batch_id = $1`,
    [batchId],
  );
  const charge = (calls: typeof server.calls) => calls.reduce((sum, { input, output }) => sum + 2 * input + 10 * output, 0);
  const [row] = ours;
  const { rows: short } = await pool.query('SELECT FROM model_call WHERE batch_id = $1 AND cost > reserved', [batchId]);
  expect(short).toEqual([]);
  expect(row?.told).toBe(charge(server.calls.filter(({ told }) => told)));
  expect(row?.spent).toBe(row?.all);
  expect(row?.spent).toBeGreaterThanOrEqual(charge(server.calls));
  expect(server.calls.length).toBeLessThanOrEqual(row?.sent ?? 0);
}

test('what a batch may cost is never passed: its chunks halt with the words, and go on once a person raises it', async () => {
  const batchId = await started(30, planOver(await connect(), { atMost: 0.015 }));
  await until(batchId, 'awaiting_review', 'halted');
  expect(await chunkStates(pool, batchId)).toContain('halted');
  const { rows: spend } = await pool.query<{ spent: number }>('SELECT spent::int FROM model_spend WHERE batch_id = $1', [
    batchId,
  ]);
  expect(spend[0]?.spent).toBeLessThanOrEqual(15_000);
  const { rows: why } = await pool.query<{ why: string }>(
    "SELECT halt_reason AS why FROM chunk WHERE batch_id = $1 AND state = 'halted' LIMIT 1",
    [batchId],
  );
  expect(why[0]?.why).toMatch(/^The batch may not cost more: another call could cost 0\.\d+ EUR/);
  await spentAsCounted(batchId);
  expect((await asAdmin('GET', `/batches/${batchId}`)).body).toMatchObject({ spend: { atMost: 0.015, currency: 'EUR' } });
  expect(await asAdmin('POST', `/batches/${batchId}/resume`, { atMost: 2_000_000 })).toMatchObject({ status: 400 });
  expect(await asAdmin('POST', `/batches/${batchId}/resume`, { atMost: 5 })).toMatchObject({ status: 200 });
  await until(batchId, 'awaiting_review');
  expect(await kept(batchId)).toHaveLength(30);
  await spentAsCounted(batchId);
});

test('a server that counts more than a text can have is believed: only what was out by then, or being sent, may cost more than it was reserved for', async () => {
  const more = await modelServer({ counts: 60 });
  onTestFinished(() => more.close());
  const connection = await connect({ address: more.url, limits: { concurrency: 1, windows: [] } });
  const batchId = await started(30, planOver(connection, { atMost: 10, together: 2 }));
  await until(batchId, 'awaiting_review');
  const { rows: calls } = await pool.query<{ short: boolean }>(
    'SELECT cost > reserved AS short FROM model_call WHERE batch_id = $1 ORDER BY sent_at',
    [batchId],
  );
  const chunks = (await chunkStates(pool, batchId)).length;
  expect(calls.length).toBeGreaterThan(10);
  expect(calls[0]?.short).toBe(true);
  // One at a time: of each other chunk a call may have been made before the first was counted.
  expect(calls.slice(chunks).filter(({ short }) => short)).toEqual([]);
  const { rows: measured } = await pool.query<{ ratio: number; over: number }>(
    `SELECT counted / thought AS ratio, "over" FROM model_measure WHERE connection_id = (SELECT connection_id FROM model_call WHERE batch_id = $1 LIMIT 1)`,
    [batchId],
  );
  expect(measured[0]?.ratio).toBeGreaterThan(4);
  expect(measured[0]?.over).toBeGreaterThan(1);
});

test('a refused key halts, names the connection and not the key, and the newest key is used', async () => {
  const name = await connect();
  const batchId = await started(5, planOver(name));
  server.behave(() => 'refused');
  await until(batchId, 'halted');
  const { rows: halted } = await pool.query<{ why: string }>('SELECT halt_reason AS why FROM chunk WHERE batch_id = $1', [
    batchId,
  ]);
  expect(halted[0]?.why).toContain(`Update the connection “${name}”, and resume.`);
  expect(halted[0]?.why).not.toContain(KEY);
  expect(server.calls).toHaveLength(1);
  const found = (await asAdmin('GET', '/connections')).body.items as {
    id: string;
    name: string;
    revision: number;
    address: string;
  }[];
  const { id, revision, address } = found.find((one) => one.name === name) ?? { id: '', revision: 0, address: '' };
  const changed = await asAdmin('PUT', `/connections/${id}`, {
    revision,
    address,
    auth: { kind: 'bearer' },
    model: model(),
    secrets: { token: 'sk-another-of-them' },
  });
  expect(changed.status).toBe(200);
  server.behave(() => 'ok');
  expect(await asAdmin('POST', `/batches/${batchId}/resume`, {})).toMatchObject({ status: 200 });
  await until(batchId, 'awaiting_review');
  expect(server.calls.at(-1)?.headers.authorization).toBe('Bearer sk-another-of-them');
  expect(await asAdmin('DELETE', `/connections/${id}`)).toMatchObject({ status: 409 });
});

test('a pause lets the answers arrive that are on their way, keeps them, and asks for nothing more', async () => {
  const batchId = await started(20, planOver(await connect()));
  server.behave(() => 'slow');
  const paused = workUntil(pool, () => pausing(batchId));
  await expect.poll(() => server.calls.length).toBeGreaterThan(0);
  expect(await asAdmin('POST', `/batches/${batchId}/pause`, {})).toMatchObject({ status: 200 });
  await paused;
  const { rows: calls } = await pool.query<{ outcome: string; asked: number; answered: number }>(
    'SELECT outcome, cardinality(asked) AS asked, cardinality(answered) AS answered FROM model_call WHERE batch_id = $1',
    [batchId],
  );
  for (const call of calls) expect(call).toEqual({ outcome: 'answered', asked: 5, answered: 5 });
  expect(await kept(batchId)).toHaveLength(5 * calls.length);
  expect(await asAdmin('POST', `/batches/${batchId}/resume`, {})).toMatchObject({ status: 200 });
  await until(batchId, 'awaiting_review');
  await spentAsCounted(batchId);
});

if (FULL)
  test('a pause is heard while a server hangs, and what was out counts as it may be paid', async () => {
    const batchId = await started(5, planOver(await connect()));
    server.behave(() => 'hang');
    const paused = workUntil(pool, () => pausing(batchId));
    await expect.poll(() => server.calls.length).toBe(1);
    expect(await asAdmin('POST', `/batches/${batchId}/pause`, {})).toMatchObject({ status: 200 });
    await paused;
    const { rows: calls } = await pool.query('SELECT outcome, reason, cost FROM model_call WHERE batch_id = $1', [batchId]);
    expect(calls).toEqual([{ outcome: 'broken', reason: 'aborted', cost: null }]);
    server.behave(() => 'ok');
    expect(await asAdmin('POST', `/batches/${batchId}/resume`, {})).toMatchObject({ status: 200 });
    await until(batchId, 'awaiting_review');
    await spentAsCounted(batchId);
  });

/** Given back, and left alone while its batch is paused. */
async function pausing(batchId: string): Promise<boolean> {
  const { rows: chunks } = await pool.query('SELECT FROM chunk WHERE batch_id = $1 AND lease_owner IS NOT NULL', [batchId]);
  return (
    chunks.length === 0 && (await pool.query("SELECT FROM batch WHERE id = $1 AND state = 'paused'", [batchId])).rowCount === 1
  );
}

test('a chunk that waits for a busy server is given back until then, and says what it waits for', async () => {
  const batchId = await started(5, planOver(await connect()));
  server.behave((call) => (call === 1 ? 'busy' : 'ok'));
  const slow = await modelServer({ retryAfter: '30' });
  slow.behave(() => 'busy');
  const name = await connect({ address: slow.url });
  const waiting = await started(5, planOver(name));
  await until(batchId, 'awaiting_review');
  await workUntil(
    pool,
    async () => (await pool.query('SELECT FROM chunk WHERE batch_id = $1 AND not_before > now()', [waiting])).rowCount === 1,
  );
  const { rows: chunks } = await pool.query(
    'SELECT state, waits_for AS "waitsFor", lease_owner AS owner FROM chunk WHERE batch_id = $1',
    [waiting],
  );
  expect(chunks).toEqual([{ state: 'queued', waitsFor: 'retry_after', owner: null }]);
  expect((await asAdmin('GET', `/batches/${waiting}/chunks`)).body.items).toMatchObject([{ waitsFor: { for: 'retry_after' } }]);
  expect(await asAdmin('POST', `/batches/${waiting}/cancel`, {})).toMatchObject({ status: 200 });
  expect(await chunkStates(pool, waiting)).toEqual(['cancelled']);
  slow.close();
});

test('requests go no faster than the connection bears, over all chunks', async () => {
  const batchId = await started(
    20,
    planOver(await connect({ limits: { windows: [{ seconds: 1, requests: 5 }], concurrency: 1 } })),
  );
  await until(batchId, 'awaiting_review');
  const { rows: calls } = await pool.query<{ s: number; n: number }>(
    'SELECT extract(epoch FROM max(sent_at) - min(sent_at))::float8 AS s, count(*)::int AS n FROM model_call WHERE batch_id = $1',
    [batchId],
  );
  expect(calls[0]?.n).toBe(4);
  expect(calls[0]?.s).toBeGreaterThan(0.55);
});

test('an item says which call its answer came with, and the scratchpad what its chunk cost', async () => {
  const name = await connect();
  const batchId = await started(5, planOver(name));
  await until(batchId, 'awaiting_review');
  const { body } = await asAdmin('GET', `/batches/${batchId}/items/3`);
  expect((body.lines as { kind: string }[]).find(({ kind }) => kind === 'classified')).toMatchObject({
    classifier: 'model',
    origin: {
      connection: name,
      model: 'scripted',
      items: 5,
      planRevision: 1,
      tokens: { input: expect.any(Number) },
      currency: 'EUR',
      instruction: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  });
});

test('a model’s connection is refused where it says too little, goes where nobody may, or is for actions', async () => {
  const made = (more: object) =>
    asAdmin('POST', '/connections', {
      name: 'wrong',
      connector: 'model',
      address: server.url,
      auth: { kind: 'none' },
      model: model(),
      ...more,
    });
  for (const [more, path] of [
    [{ model: undefined }, 'model'],
    [{ model: model({ prices: { input: -1, output: 1, currency: 'EUR' } }) }, 'model.prices.input'],
    [{ auth: { kind: 'basic', username: 'x' }, secrets: { password: 'secret-1' } }, 'auth.kind'],
    [{ inspect: { url: '{{idempotencyKey}}' } }, 'inspect'],
    [{ connector: 'http' }, 'model'],
  ] as const)
    expect(await made(more), path).toMatchObject({ status: 400, body: { problems: [{ path }] } });
  const plan = planOver('nobody');
  expect(await asAdmin('POST', '/batches/preview', { datasetId: await rows(pool, 1), plan })).toMatchObject({
    ...{ status: 400, body: { problems: [{ path: 'classifier.connection', message: expect.stringContaining('nobody') }] } },
  });
});

test('a chunk that is sent back is asked for anew, also what nobody could tell before', async () => {
  const batchId = await started(3, planOver(await connect()));
  server.behave(() => 'prose');
  await until(batchId, 'awaiting_review');
  expect((await kept(batchId)).map(({ confidence }) => confidence)).toEqual([0, 0, 0]);
  const { body } = await asAdmin('GET', `/batches/${batchId}/chunks/1`);
  server.behave(() => 'ok');
  const sent = { digest: body.digest, next: false, execute: false, sendBack: true, note: 'Ask again.', override: 'a test' };
  expect(await asAdmin('POST', `/batches/${batchId}/chunks/1/decision`, sent)).toMatchObject({ status: 200 });
  await until(batchId, 'awaiting_review');
  expect((await kept(batchId)).every(({ confidence }) => confidence > 0)).toBe(true);
});
