/** Workers that are asked to end while requests are out: what is known is written, nothing more is sent, and nobody is left. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Keeper, keepRunning } from '#bin/start/children.ts';
import { CHUNKS_PER_WORKER, DRAIN_MS, TARGET_POOL_MAX } from '#lib/core/limits.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { processLife } from '#lib/store/postgres/embedded/process.ts';
import { testDatabase } from '#test/database.ts';
import { approved, asAdmin } from '#test/fixtures/connected.ts';
import { chunkStates, counters, leasesCount, steps } from '#test/fixtures/started-batch.ts';
import { theirDatabase } from '#test/fixtures/their-database.ts';
import { atSize, FULL } from '#test/size.ts';
import { startProxy } from '#test/soak/proxy.ts';
import { changesTold, toldByTrigger } from '#test/their-database.ts';
import { approvedBatch, loggingTarget, SHORT_MS, sendAll, settled } from './approved.ts';
import { judge, NOTHING } from './oracle.ts';
import { environmentOfWorkers, eventually, killWorkers, ownerOf, startWorker } from './workers.ts';

const { pool, url } = await testDatabase();
process.env.SECRET_KEY = 'test secret of more than thirty-two characters';
process.env.ADMIN_API_KEY = 'a-key-of-the-environment';
process.env.ALLOW_PRIVATE_TARGETS = '1';
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

if (FULL)
  test('asked while a database says nothing, with more waiting for a line than there are: it is gone in its time, and its heir does each once', async () => {
    const theirs = await theirDatabase(`
    CREATE TABLE mails (subject text PRIMARY KEY, folder text NOT NULL DEFAULT 'inbox');
    INSERT INTO mails SELECT 'mail ' || n FROM generate_series(1, ${5 * TARGET_POOL_MAX}) n;
    ${toldByTrigger(['mails'], 'subject')}
    GRANT SELECT, UPDATE ON mails TO ROLE_OF_THE_PRODUCT;
  `);
    const mute = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    let asked = 0;
    let port = (mute.address() as AddressInfo).port;
    mute.on('connection', () => {
      asked += 1;
    });
    const proxy = await startProxy(() => port);
    onTestFinished(() => {
      proxy.close();
      mute.close();
    });
    const made = await asAdmin('POST', '/connections', {
      ...{ name: 'db', connector: 'sql', address: theirs.address(proxy.port), auth: { kind: 'basic', username: theirs.user } },
      secrets: { password: theirs.password },
    });
    expect(made.status).toBe(201);
    const items = 5 * TARGET_POOL_MAX;
    const write = { table: 'public.mails', key: { subject: '{{subject}}' }, set: { folder: 'done' } };
    const batchId = await approved(pool, items, {
      classifier: { kind: 'rules', rules: [], otherwise: 'file' },
      categories: [{ name: 'file', action: { connector: 'sql', connection: 'db', do: 'update', with: write } }],
      chunking: { by: 'size' },
      execution: { first: 0, concurrency: items },
    });
    const worker = await startWorker(url, { realTempo: true });
    const intents = async () =>
      (await pool.query("SELECT FROM receipt WHERE batch_id = $1 AND kind = 'intent'", [batchId])).rowCount;
    await eventually('every line taken', async () => asked >= TARGET_POOL_MAX && (await intents()) === items);
    const from = performance.now();
    worker.send('SIGTERM');
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - from).toBeLessThan(DRAIN_MS);
    // What had not left stays the next owner's, who sends it under the same keys.
    expect(await counters(pool, batchId)).toMatchObject({ done: 0, failed: 0, uncertain: 0, inFlight: items });
    port = theirs.port;
    const heir = await startWorker(url, { realTempo: true });
    await eventually('all done', async () => (await chunkStates(pool, batchId)).every((state) => state === 'done'));
    expect(await counters(pool, batchId)).toMatchObject({ done: items, failed: 0, uncertain: 0, inFlight: 0 });
    expect(await intents()).toBe(items);
    expect(new Set((await changesTold(theirs.pool)).map(({ row }) => row)).size).toBe(items);
    expect(await changesTold(theirs.pool)).toHaveLength(items);
    heir.send('SIGTERM');
    expect(await heir.ended).toEqual({ code: 0, signal: null });
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
