/**
 * Workers are killed while a model answers them, and the model's server is slow, lies, is busy, breaks and cuts its answers short. Real processes, a real PostgreSQL, a server
 * that counts its own tokens.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { testDatabase } from '#test/database.ts';
import { asAdmin, rows } from '#test/fixtures/connected.ts';
import { type Behaviour, modelServer, rightCategory } from '#test/fixtures/model-server.ts';
import { chunkStates, leasesCount } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { eventually, killWorkers, startWorker } from './workers.ts';

const { pool, url } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(stopRinging);

const NAMES = ['close', 'keep', 'unsorted'];
const ITEMS = atSize(40, 2_000);
const KILLS = atSize(1, 12);
const IN_CHUNK = atSize(10, 50);
const CAP_STEP = atSize(0.03, 0.5);

/** Of a hundred calls; the same in each run. */
const SCRIPT: readonly (readonly [Behaviour, number])[] = [
  ...([
    ['ok', 50],
    ['slow', 12],
    ['lies', 12],
    ['busy', 8],
    ['cut', 8],
    ['broken', 4],
    ['prose', 3],
    ['swayed', 3],
  ] as const),
];
function behaviourOf(call: number): Behaviour {
  let left = (call * 37) % 100;
  for (const [behaviour, weight] of SCRIPT) {
    if (left < weight) return behaviour;
    left -= weight;
  }
  return 'ok';
}

test(`${ITEMS} items, ${KILLS} workers killed: no answer is lost or twice, spent is what the server counted, and the limit is never passed`, async () => {
  const server = await modelServer({ pauseMs: atSize(25, 40) });
  server.behave(behaviourOf);
  const made = await asAdmin('POST', '/connections', {
    ...{ name: 'scripted', connector: 'model', address: server.url, auth: { kind: 'none' } },
    model: { provider: 'openai-compatible', name: 'scripted', prices: { input: 2, output: 10, currency: 'EUR' } },
  });
  expect(made.status).toBe(201);
  let cap = CAP_STEP;
  const plan = {
    ...{
      version: 2,
      instruction: 'Close what is done, keep the rest.',
      chunking: { by: 'size', maxItems: IN_CHUNK },
      gates: { next: 'parallel' },
    },
    classifier: { kind: 'model', connection: 'scripted', otherwise: 'unsorted', atMost: cap, together: 10 },
    categories: NAMES.map((name) => ({ name })),
  } as PlanInput;
  const batch = await asAdmin('POST', '/batches', { datasetId: await rows(pool, ITEMS), name: 'Killed', plan, start: true });
  expect(batch.status).toBe(201);
  const batchId = String(batch.body.id);

  const workers = [await startWorker(url), await startWorker(url)];
  let killed = 0;
  let raised = 0;
  let after = 0;
  await eventually('every item classified', async () => {
    const { rows: now } = await pool.query<{ spent: number; atMost: number; kept: number; pid: number | null }>(
      `SELECT coalesce((SELECT spent FROM model_spend WHERE batch_id = $1), 0)::int AS spent, coalesce((SELECT at_most FROM model_spend WHERE batch_id = $1), 1)::int AS "atMost",
         (SELECT count(*)::int FROM classification WHERE batch_id = $1) AS kept,
         (SELECT w.pid FROM model_call m JOIN chunk c ON c.id = m.chunk_id AND c.epoch = m.epoch JOIN worker w ON w.id = c.lease_owner
          WHERE m.batch_id = $1 AND m.outcome = 'sent' AND cardinality(m.answered) > 0 LIMIT 1) AS pid`,
      [batchId],
    );
    const { spent = 0, atMost = 0, kept = 0, pid = null } = now[0] ?? {};
    expect(spent).toBeLessThanOrEqual(atMost);
    // In the middle of an answer.
    const victim = workers.findIndex((one) => one.pid === pid);
    if (killed < KILLS && victim >= 0 && kept >= after) {
      workers[victim]?.send('SIGKILL');
      workers[victim] = await startWorker(url);
      killed += 1;
      // The others need time to come that far; a takeover takes a lease.
      after = kept + 1;
    }
    const states = await chunkStates(pool, batchId);
    if (states.includes('halted')) {
      cap += CAP_STEP;
      raised += 1;
      expect(await asAdmin('POST', `/batches/${batchId}/resume`, { atMost: cap })).toMatchObject({ status: 200 });
    }
    return states.every((state) => state === 'awaiting_review');
  });
  await killWorkers();
  server.close();

  expect(killed).toBe(KILLS);
  expect(raised).toBeGreaterThan(0);
  const { rows: kept } = await pool.query<{ ordinal: number; category: string; confidence: number }>(
    'SELECT ordinal, category, confidence FROM classification WHERE batch_id = $1 ORDER BY 1',
    [batchId],
  );
  expect(kept.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: ITEMS }, (_, at) => at + 1));
  for (const { ordinal, category, confidence } of kept)
    if (confidence > 0) expect(`${ordinal} ${category}`).toBe(`${ordinal} ${rightCategory(`mail ${ordinal}`, NAMES)}`);
  const { rows: noted } = await pool.query<{ answers: number; items: number }>(
    'SELECT count(*)::int AS answers, count(DISTINCT o)::int AS items FROM model_call, unnest(answered) o WHERE batch_id = $1',
    [batchId],
  );
  expect(noted).toEqual([{ answers: kept.filter(({ confidence }) => confidence > 0).length, items: noted[0]?.answers }]);

  const charge = (calls: typeof server.calls) => calls.reduce((sum, { input, output }) => sum + 2 * input + 10 * output, 0);
  const { rows: spend } = await pool.query<{ told: number; all: number; spent: number; calls: number; lost: number }>(
    `SELECT sum(cost)::int AS told, sum(coalesce(cost, reserved))::int AS all, (SELECT spent::int FROM model_spend WHERE batch_id = $1) AS spent,
       count(*)::int AS calls, count(*) FILTER (WHERE outcome = 'sent')::int AS lost FROM model_call WHERE batch_id = $1`,
    [batchId],
  );
  const { told = 0, all, spent = 0, calls = 0, lost = 0 } = spend[0] ?? {};
  expect(all).toBe(spent);
  expect(server.calls.length).toBeLessThanOrEqual(calls);
  // Who died may have heard the end of an answer, and could not say so: that call counts with all that it can cost.
  expect(told).toBeLessThanOrEqual(charge(server.calls.filter((call) => call.told)));
  if (lost === 0) expect(told).toBe(charge(server.calls.filter((call) => call.told)));
  const { rows: heard } = await pool.query<{ input: number; output: number; told: number }>(
    `SELECT sum(tokens_in)::int AS input, sum(tokens_out)::int AS output, count(*)::int AS told FROM model_call WHERE batch_id = $1 AND outcome = 'answered'`,
    [batchId],
  );
  expect(told).toBe(2 * (heard[0]?.input ?? 0) + 10 * (heard[0]?.output ?? 0));
  expect(charge(server.calls)).toBeLessThanOrEqual(spent);
  expect(lost).toBeGreaterThanOrEqual(0);
});
