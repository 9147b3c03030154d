/** Workers that an admin asks to end from the board, and what they counted: read out of the table that they write with their heartbeats. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { endWorker } from '#lib/steps/fleet/end-worker.ts';
import { readBoard } from '#lib/steps/fleet/read-board.ts';
import { testDatabase } from '#test/database.ts';
import { chunkStates, leasesCount } from '#test/fixtures/started-batch.ts';
import { FULL } from '#test/size.ts';
import { approvedBatch, loggingTarget, sendAll, settled } from './approved.ts';
import { judge, NOTHING } from './oracle.ts';
import { eventually, killWorkers, ownerOf, startWorker } from './workers.ts';

const { pool, url } = await testDatabase();
const ADA: Actor = { id: 'key:env', role: 'admin', name: 'Ada', via: 'api' };
const LANES = 4;
const ITEMS = 240;

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(stopRinging);

const idOf = (pid: number) =>
  eventually(
    'the row of the worker',
    async () => (await pool.query<{ id: string }>('SELECT id FROM worker WHERE pid = $1', [pid])).rows[0]?.id ?? null,
  );

test('drained: what is out gets its outcome, all its chunks are given back, and what it did is counted', async () => {
  const target = await loggingTarget({ latencyMs: 400 });
  const batch = await approvedBatch(pool, { items: ITEMS, chunks: 3, plan: sendAll(target, { concurrency: LANES }) });
  // At the product's own tempo: a busy machine must not take its chunks from it meanwhile.
  const worker = await startWorker(url, { realTempo: true });
  const id = await idOf(worker.pid);
  await eventually('requests in flight', async () => target.lines().length > 3 * LANES);
  expect(await endWorker(ADA, { id, wish: 'drain' })).toEqual({ id, wish: 'drain' });
  expect(await worker.ended).toEqual({ code: 0, signal: null });
  const sent = target.lines().length;
  expect(sent).toBeLessThan(ITEMS);
  expect(await chunkStates(pool, batch.batchId)).toEqual(['executing', 'executing', 'executing']);
  for (const number of [1, 2, 3]) expect(await ownerOf(pool, batch.batchId, number)).toBeNull();
  expect((await pool.query('SELECT FROM worker')).rowCount).toBe(0);
  const { rows } = await pool.query(
    `SELECT kind, count(*)::int AS n FROM receipt WHERE ordinal IS NOT NULL GROUP BY 1 ORDER BY 1`,
  );
  expect(rows).toEqual([
    { kind: 'intent', n: sent },
    { kind: 'outcome', n: sent },
  ]);
  const tally = await pool.query('SELECT sum(receipts)::int AS receipts, sum(classified)::int AS classified FROM worker_tally');
  expect(tally.rows).toEqual([{ receipts: 2 * sent, classified: 0 }]);
  const stats = (await readBoard(ADA)).targets.find((one) => one.target === new URL(target.url).origin);
  expect(stats).toMatchObject({ requests: sent, failed: 0 });
  expect(stats?.p50Ms).toBeGreaterThan(250);

  await target.latency(0);
  await startWorker(url);
  await eventually('the end', () => settled(pool, batch.batchId));
  expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
});

if (FULL)
  test('stopped while a target hangs: it is gone within seconds, and what was out is settled by its heir', async () => {
    const target = await loggingTarget({ mode: 'timeout-after' });
    const batch = await approvedBatch(pool, { items: 8, plan: sendAll(target, { concurrency: LANES }) });
    const worker = await startWorker(url);
    const id = await idOf(worker.pid);
    await eventually('requests in flight', async () => target.lines().length >= LANES);
    await endWorker(ADA, { id, wish: 'drain' });
    await eventually('that it drains', async () =>
      (await readBoard(ADA)).workers.some((one) => one.id === id && one.state === 'draining'),
    );
    const { rows } = await pool.query<{ out: number }>('SELECT in_flight AS out FROM chunk WHERE batch_id = $1', [batch.batchId]);
    expect(rows).toEqual([{ out: LANES }]);
    await endWorker(ADA, { id, wish: 'stop' });
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect((await pool.query('SELECT FROM worker WHERE id = $1', [id])).rowCount).toBe(0);
    const open = await pool.query<{ out: number }>('SELECT in_flight AS out FROM chunk WHERE batch_id = $1', [batch.batchId]);
    expect(open.rows).toEqual([{ out: LANES }]);

    await target.mode('ok');
    await startWorker(url);
    await eventually('that only answers are due', async () => (await chunkStates(pool, batch.batchId))[0] === 'unresolved');
    const results = await pool.query(
      `SELECT result, count(*)::int AS n FROM receipt WHERE batch_id = $1 AND kind = 'outcome' GROUP BY 1 ORDER BY 1`,
      [batch.batchId],
    );
    expect(results.rows).toEqual([
      { result: 'succeeded', n: 8 - LANES },
      { result: 'uncertain', n: LANES },
    ]);
    expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
  });
