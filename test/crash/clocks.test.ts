/** Workers whose clocks are hours off, in both directions: every deadline is the database's, or measured by the monotonic clock. */
import { globSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CHUNKS_PER_WORKER } from '#lib/core/limits.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, chunkStates, leasesCount, startedBatch, steps } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { approve, approvedBatch, loggingTarget, sendAll, settled } from './approved.ts';
import { judge, NOTHING, uncertainOf } from './oracle.ts';
import { eventually, killWorkers, ownerOf, startWorker, type WorkerProcess } from './workers.ts';

const { pool, url } = await testDatabase();

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(stopRinging);

const HOURS = 5;

/** How far the clocks of those who wrote the batch's intents are from the database's, in whole hours. */
async function clocksOf(batchId: string): Promise<number[]> {
  const { rows } = await pool.query<{ off: number }>(
    `SELECT DISTINCT round(extract(epoch FROM (convert_from(body, 'UTF8')::json ->> 'at')::timestamptz - committed_at) / 3600)::int AS off
     FROM receipt WHERE batch_id = $1 AND kind = 'intent' ORDER BY 1`,
    [batchId],
  );
  return rows.map(({ off }) => off);
}

test('one five hours ahead and one five hours behind classify, and do what was approved, together', async () => {
  // More chunks than one worker can have at the same time, and slow until both have some: neither does all of it.
  const target = await loggingTarget({ latencyMs: 1_500 });
  const chunks = CHUNKS_PER_WORKER + 4;
  const items = 12 * chunks;
  const batch = await startedBatch(pool, { items, chunks, plan: sendAll(target) });
  // At the product's own tempo: nobody is to be taken for dead here, on a busy machine either.
  await startWorker(url, { name: 'ahead', hoursOff: HOURS, realTempo: true });
  await startWorker(url, { name: 'behind', hoursOff: -HOURS, realTempo: true });
  await eventually('the checkpoints', async () =>
    (await chunkStates(pool, batch.batchId)).every((state) => state === 'awaiting_review'),
  );
  await approve(pool, batch);
  await eventually('both', async () => (await clocksOf(batch.batchId)).length === 2);
  await target.latency(0);
  await eventually('the end', () => settled(pool, batch.batchId));
  expect(await chunkStates(pool, batch.batchId)).toEqual(Array(chunks).fill('done'));
  expect(new Set(Object.values(await steps(pool, batch.batchId)).map(String))).toEqual(new Set(['intent,outcome:succeeded']));
  expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
  expect((await readBatch(ADA, { batchId: batch.batchId }))?.sum).toMatchObject({ approved: items, done: items, addsUp: true });
  expect(await clocksOf(batch.batchId)).toEqual([-HOURS, HOURS]);
});

const HEIRS = [
  { dies: -HOURS, heir: HOURS, how: 'ahead' },
  { dies: HOURS, heir: -HOURS, how: 'behind' },
];
test.each(atSize([], HEIRS))(
  'the heir’s clock is ten hours $how of the dead one’s: it takes over, and a key kept for an hour still counts',
  async (off) => {
    const target = await loggingTarget({ latencyMs: 100, honourKeys: true });
    const batch = await approvedBatch(pool, { items: 600, plan: sendAll(target, { honoursKeys: { forHours: 1 } }) });
    const dying = await startWorker(url, { name: 'dying', hoursOff: off.dies });
    const owner = await eventually('effects', async () => target.lines().length > 40 && ownerOf(pool, batch.batchId));
    const heir: WorkerProcess = await startWorker(url, { name: 'heir', hoursOff: off.heir });
    // It has looked for work by now, and left alone what has a live lease.
    const sent = target.lines().length;
    await eventually('more effects', async () => target.lines().length > sent + 40);
    expect(await ownerOf(pool, batch.batchId)).toEqual(owner);
    dying.send('SIGKILL');
    await dying.ended;
    const next = await eventually('another owner', async () => {
      const now = await ownerOf(pool, batch.batchId);
      return now !== null && now.epoch > owner.epoch && now;
    });
    expect(next).toMatchObject({ pid: heir.pid, epoch: owner.epoch + 1 });
    await target.latency(0);
    await eventually('the end', () => settled(pool, batch.batchId));
    expect(await uncertainOf(pool, batch.batchId)).toEqual([]);
    expect(await chunkStates(pool, batch.batchId)).toEqual(['done']);
    expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
    expect(await clocksOf(batch.batchId)).toEqual([-HOURS, HOURS]);
  },
);

test('the engine, and what it asks of the database, read no wall clock but to write down what time it was', () => {
  const files = globSync(['lib/engine/**/*.ts', 'lib/store/**/*.ts'], { exclude: ['**/*.test.ts', 'lib/store/generated/**'] });
  const readers = files.filter((file) => /\bDate\.now\(|\bnew Date\(\)/.test(readFileSync(file, 'utf8')));
  // The clock that receipts are dated by, how long the start waits for the embedded server, and what the receipts of the batch itself are dated by.
  expect(readers.sort()).toEqual([
    'lib/engine/clock.ts',
    'lib/store/postgres/embedded.ts',
    'lib/store/receipts/batch-receipts.ts',
  ]);
});
