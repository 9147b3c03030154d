/** Workers that are asked to end while requests are out: what is known is written, nothing more is sent, and nobody is left. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Keeper, keepRunning } from '#bin/start/children.ts';
import { CHUNKS_PER_WORKER, DRAIN_MS } from '#lib/core/limits.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { processLife } from '#lib/store/postgres/embedded/process.ts';
import { testDatabase } from '#test/database.ts';
import { chunkStates, counters, leasesCount, steps } from '#test/fixtures/started-batch.ts';
import { atSize, FULL } from '#test/size.ts';
import { approvedBatch, loggingTarget, SHORT_MS, sendAll, settled } from './approved.ts';
import { judge, NOTHING } from './oracle.ts';
import { environmentOfWorkers, eventually, killWorkers, ownerOf, startWorker } from './workers.ts';

const { pool, url } = await testDatabase();
const keepers: Keeper[] = [];

beforeAll(() => leasesCount(pool));
afterEach(async () => {
  await Promise.all(keepers.splice(0).map((keeper) => keeper.stop(0)));
  await killWorkers();
});
afterAll(stopRinging);

const LANES = 4;

test('asked again and again: the answers that are on their way are still written', async () => {
  const target = await loggingTarget({ latencyMs: 800 });
  const batch = await approvedBatch(pool, { items: 40, plan: sendAll(target, { concurrency: LANES }) });
  const worker = await startWorker(url, { realTempo: true });
  await eventually('requests in flight', async () => target.lines().length >= LANES);
  for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT'] as const) worker.send(signal);
  expect(await worker.ended).toEqual({ code: 0, signal: null });
  await givenBack(batch.batchId, target.lines().length);
  expect(new Set(Object.values(await steps(pool, batch.batchId)).map(String))).toEqual(new Set(['intent,outcome:succeeded']));
  expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
});

if (FULL)
  test('asked while a target hangs: its time limit ends the wait, and nobody claims to know', async () => {
    const target = await loggingTarget({ mode: 'timeout-after' });
    const batch = await approvedBatch(pool, { items: 40, plan: sendAll(target, { concurrency: LANES, timeoutMs: SHORT_MS }) });
    const worker = await startWorker(url, { realTempo: true });
    await eventually('requests in flight', async () => target.lines().length >= LANES);
    worker.send('SIGTERM');
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    await givenBack(batch.batchId, target.lines().length);
    expect(new Set(Object.values(await steps(pool, batch.batchId)).map(String))).toEqual(new Set(['intent,outcome:uncertain']));
    expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
  });

test('asked while all that it has waits for its rate: it is gone within two seconds', async () => {
  const target = await loggingTarget();
  const execution = { first: 0, concurrency: 32, ratePerSecond: 1 };
  const batch = await approvedBatch(pool, { items: 90, chunks: 3, plan: { ...sendAll(target), execution } });
  const goneAfter = async (sent: number) => {
    const worker = await startWorker(url, { realTempo: true });
    await eventually('the second send', async () => target.lines().length >= sent + 2);
    const asked = performance.now();
    worker.send('SIGTERM');
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    return performance.now() - asked;
  };
  // Of three times the least: a busy machine does not take so long each time.
  for (let tries = 1; (await goneAfter(target.lines().length)) >= 2_000; tries += 1) expect(tries).toBeLessThan(3);
  expect((await pool.query('SELECT FROM chunk WHERE batch_id = $1 AND lease_owner IS NOT NULL', [batch.batchId])).rowCount).toBe(
    0,
  );
  expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
});

test('stopped as npm start stops its workers: all of them are gone, and others finish', async () => {
  const target = await loggingTarget({ latencyMs: 100 });
  // More than one worker can have at the same time, whoever is up first.
  const chunks = CHUNKS_PER_WORKER + 4;
  const batch = await approvedBatch(pool, {
    items: atSize(40, 80) * chunks,
    chunks,
    plan: sendAll(target, { concurrency: LANES }),
  });
  const lines: string[] = [];
  keepers.push(
    ...[1, 2].map((n) =>
      keepRunning(`worker ${n}`, 'bin/worker.ts', {
        env: environmentOfWorkers(url, `worker_${n}`),
        log: (line) => lines.push(line),
      }),
    ),
  );
  const rows = await eventually('two at work', async () => {
    const busy = await pool.query<{ pid: number }>("SELECT pid FROM worker WHERE state = 'busy'");
    return busy.rowCount === 2 && target.lines().length >= LANES && busy.rows;
  });
  await Promise.all(keepers.map((keeper) => keeper.stop(DRAIN_MS)));
  // Nobody was killed, and nobody was started again.
  expect(lines).toEqual([]);
  expect(rows.map(({ pid }) => processLife(pid))).toEqual([null, null]);
  expect((await pool.query('SELECT FROM worker')).rowCount).toBe(0);
  for (let chunk = 1; chunk <= chunks; chunk += 1)
    expect(await counters(pool, batch.batchId, chunk)).toMatchObject({ inFlight: 0, uncertain: 0 });
  expect(await settled(pool, batch.batchId)).toBe(false);
  await target.latency(0);

  await startWorker(url, { realTempo: true });
  await eventually('the end', () => settled(pool, batch.batchId));
  expect(new Set(await chunkStates(pool, batch.batchId))).toEqual(new Set(['done']));
  expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
});

/** The chunk has no owner and nothing in flight; so many of its actions have an outcome, and no other has an intent. */
async function givenBack(batchId: string, sent: number): Promise<void> {
  expect(await chunkStates(pool, batchId)).toEqual(['executing']);
  expect(await ownerOf(pool, batchId)).toBeNull();
  const { rows } = await pool.query('SELECT lease_owner, lease_until, in_flight FROM chunk WHERE batch_id = $1', [batchId]);
  expect(rows).toEqual([{ lease_owner: null, lease_until: null, in_flight: 0 }]);
  expect(Object.keys(await steps(pool, batchId))).toHaveLength(sent);
}
