/** Many deaths in one batch, connections cut under the workers, and targets that act without saying so. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { readUncertain } from '#lib/steps/uncertain/read-uncertain.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, chunkStates, leasesCount, steps } from '#test/fixtures/started-batch.ts';
import type { Mode } from '#test/target.ts';
import { approvedBatch, loggingTarget, post, SHORT_MS, sendAll, settled } from './approved.ts';
import { judge, NOTHING, uncertainOf } from './oracle.ts';
import { eventually, killWorkers, ownerOf, startWorker, startWorkers, type WorkerProcess } from './workers.ts';

const { pool, superPool, url } = await testDatabase();

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(stopRinging);

const KILLS = 12;
const LANES = 4;
const CHUNKS = 6;

test('workers killed over and over: the receipts say exactly how far it came', async () => {
  const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
  console.log(`CRASH_SEED=${seed}`);
  const random = mulberry32(seed);
  const forgetful = await loggingTarget({ latencyMs: 150 });
  const keeping = await loggingTarget({ latencyMs: 150, honourKeys: true });
  const plan: PlanInput = {
    ...sendAll(forgetful, { concurrency: LANES }),
    classifier: {
      kind: 'rules',
      rules: [{ when: "item.from.startsWith('sender1') || item.from.startsWith('sender2')", category: 'keys' }],
      otherwise: 'send',
    },
    categories: [
      { name: 'send', action: post(forgetful) },
      { name: 'keys', action: post(keeping, true) },
    ],
  };
  const items = 1_200;
  const batch = await approvedBatch(pool, { items, chunks: CHUNKS, plan });
  const workers = await startWorkers(url, 3);
  const sums: boolean[] = [];
  const sample = async (): Promise<void> => {
    const view = await readBatch(ADA, { batchId: batch.batchId });
    sums.push(view?.sum.addsUp === true && view.sum.approved === items);
  };
  let kills = 0;
  while (kills < KILLS && !(await settled(pool, batch.batchId))) {
    await sleep(50 + random() * 400);
    const at = Math.floor(random() * workers.length);
    const victim = workers[at] as WorkerProcess;
    victim.send('SIGKILL');
    kills += 1;
    await sample();
    workers[at] = await startWorker(url);
    await sample();
  }
  await eventually('the end', () => settled(pool, batch.batchId));
  await sample();

  const lines = [...forgetful.lines(), ...keeping.lines()];
  const uncertain = await uncertainOf(pool, batch.batchId);
  console.log(
    `${kills} kills, ${uncertain.length} uncertain actions, ${lines.filter(({ effect }) => effect === 'repeat').length} repeats answered as such`,
  );
  expect(await judge(pool, batch.batchId, lines)).toEqual(NOTHING);
  expect(sums).toEqual(sums.map(() => true));
  // A worker may have all of the batch's chunks.
  expect(uncertain.length).toBeLessThanOrEqual(kills * CHUNKS * LANES);
  expect(Object.keys(await steps(pool, batch.batchId))).toHaveLength(items);
  expect((await readUncertain(ADA, { batchId: batch.batchId, limit: 500 }))?.items.map(({ ordinal }) => ordinal)).toEqual(
    uncertain,
  );
  // What a look of this size may leave to the workers.
  await checkSums();
  const sum = (await readBatch(ADA, { batchId: batch.batchId }))?.sum;
  expect(sum?.checked.receipts).toBe(sum?.checked.of);
  expect(sum).toMatchObject({
    ...{
      approved: items,
      done: items - uncertain.length,
      uncertain: uncertain.length,
      failed: 0,
      inFlight: 0,
      waiting: 0,
      addsUp: true,
    },
  });
});

test('connections cut under a worker: what was committed is found, what was not is written again', async () => {
  const target = await loggingTarget({ latencyMs: 20 });
  const batch = await approvedBatch(pool, { items: 400, plan: sendAll(target) });
  await startWorkers(url, 2);
  for (const effects of [40, 120, 200]) {
    await eventually('effects', async () => target.lines().length > effects && ownerOf(pool, batch.batchId));
    const { rows } = await superPool.query<{ cut: number }>(
      "SELECT count(pg_terminate_backend(pid))::int AS cut FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'worker%'",
    );
    expect(rows[0]?.cut).toBeGreaterThan(0);
  }
  await eventually('the end', () => settled(pool, batch.batchId));
  expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
  expect(Object.keys(await steps(pool, batch.batchId))).toHaveLength(400);
  expect((await readBatch(ADA, { batchId: batch.batchId }))?.sum).toMatchObject({
    approved: 400,
    inFlight: 0,
    waiting: 0,
    addsUp: true,
  });
});

test.each<Mode>(['500-after', 'timeout-after', 'reset-after'])(
  'a target that acts and then says %s: nobody claims to know',
  async (mode) => {
    const target = await loggingTarget({ mode });
    const batch = await approvedBatch(pool, { items: 12, plan: sendAll(target, { timeoutMs: SHORT_MS }) });
    await startWorker(url);
    await eventually('the end', () => settled(pool, batch.batchId));
    expect(await chunkStates(pool, batch.batchId)).toEqual(['unresolved']);
    expect(Object.values(await steps(pool, batch.batchId)).map(String)).toEqual(Array(12).fill('intent,outcome:uncertain'));
    expect(target.lines()).toHaveLength(12);
    expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
  },
);

/** A small seeded generator (Tommy Ettinger's mulberry32), so that a failure can be run again. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
