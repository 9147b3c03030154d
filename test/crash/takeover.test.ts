import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CHUNKS_PER_WORKER } from '#lib/core/limits.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { readTape } from '#lib/steps/live/read-tape.ts';
import { readUncertain } from '#lib/steps/uncertain/read-uncertain.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, chunkStates, counters, leasesCount, startedBatch, steps } from '#test/fixtures/started-batch.ts';
import { atSize, FULL } from '#test/size.ts';
import { approvedBatch, loggingTarget, SHORT_MS, sendAll, settled } from './approved.ts';
import { beatsAgain, endAndAwaitHeir } from './heirs.ts';
import { judge, NOTHING, ordinalOf, uncertainOf } from './oracle.ts';
import { databaseNow, eventually, killWorkers, ownerOf, startWorker, startWorkers } from './workers.ts';

const { pool, url } = await testDatabase();

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(stopRinging);

test('killed in the middle of classifying: another goes on where it was, and every item is classified once', async () => {
  const items = atSize(3_000, 6_000);
  const batch = await startedBatch(pool, { items, plan: SLOW_RULES });
  // At the product's own tempo: rules that take a worker's whole core keep it from renewing, and on a busy machine it would be taken for dead.
  const workers = await startWorkers(url, 2, { realTempo: true });
  const owner = await eventually('classifications', async () => {
    const { rows } = await pool.query<{ classified: number }>('SELECT classified FROM chunk WHERE batch_id = $1', [
      batch.batchId,
    ]);
    return (rows[0]?.classified ?? 0) > 0 && ownerOf(pool, batch.batchId);
  });
  await endAndAwaitHeir(pool, workers, owner, 'SIGKILL', batch.batchId);
  const kept = await classifications(batch.batchId);
  expect(kept.size).toBeGreaterThan(0);
  expect(kept.size).toBeLessThan(items);
  await eventually('the checkpoint', async () => (await chunkStates(pool, batch.batchId))[0] === 'awaiting_review');
  const all = await classifications(batch.batchId);
  expect(all.size).toBe(items);
  for (const [ordinal, writtenBy] of kept) expect(all.get(ordinal)).toBe(writtenBy);
  const { rows } = await pool.query('SELECT classified, epoch FROM chunk WHERE batch_id = $1', [batch.batchId]);
  expect(rows).toEqual([{ classified: items, epoch: owner.epoch + 1 }]);
});

const KEEPERS = [
  { honoursKeys: false, what: 'what was in flight is asked about, by name' },
  { honoursKeys: true, what: 'a target that honours keys is asked again under the same key' },
];
test.each(atSize(KEEPERS.slice(0, 1), KEEPERS))('killed in the middle of executing: $what', async ({ honoursKeys }) => {
  // Slow until then, so that the batch is far from done when its worker dies, on a busy machine too.
  const target = await loggingTarget({ latencyMs: honoursKeys ? 50 : 200, honourKeys: honoursKeys });
  const batch = await approvedBatch(pool, { items: 300, plan: sendAll(target, { honoursKeys }) });
  // One of the two at the product's own tempo: the promise is in seconds.
  const workers = await startWorkers(url, 2, { realTempo: !honoursKeys });
  const owner = await eventually('effects', async () => target.lines().length > 16 && ownerOf(pool, batch.batchId));
  if (honoursKeys) {
    // A target that answers fast has intents ahead of the free slots; they are there when it becomes slow.
    await target.latency(3_000);
    await eventually('intents ahead', async () => ((await counters(pool, batch.batchId)).inFlight ?? 0) > 8);
  }
  await endAndAwaitHeir(pool, workers, owner, 'SIGKILL', batch.batchId);
  await target.latency(20);
  await eventually('the end', () => settled(pool, batch.batchId));
  const tape = (await readTape(ADA, { batchId: batch.batchId })) ?? [];
  const told = new RegExp(`^Worker ${owner.pid} went silent with \\d+ actions? in flight; worker \\d+ took over chunk 1$`);
  expect(tape.filter(({ kind }) => kind === 'takeover').map(({ line }) => line)).toEqual([expect.stringMatching(told)]);

  const lines = target.lines();
  expect(await judge(pool, batch.batchId, lines)).toEqual(NOTHING);
  const uncertain = await uncertainOf(pool, batch.batchId);
  expect((await readUncertain(ADA, { batchId: batch.batchId, limit: 500 }))?.items.map(({ ordinal }) => ordinal)).toEqual(
    uncertain,
  );
  const all = Object.values(await steps(pool, batch.batchId)).map(String);
  expect(all).toHaveLength(300);
  expect(all.filter((of) => of === 'intent,outcome:uncertain')).toHaveLength(uncertain.length);
  expect(all.filter((of) => of === 'intent,outcome:succeeded')).toHaveLength(300 - uncertain.length);
  expect(uncertain.length).toBeLessThanOrEqual(8);
  if (honoursKeys) {
    expect(uncertain).toEqual([]);
    expect(lines.filter(({ effect }) => effect === true)).toHaveLength(300);
    expect(await chunkStates(pool, batch.batchId)).toEqual(['done']);
  }
});

test('killed with as many chunks as a worker has: all of them have an owner again within five seconds', async () => {
  const target = await loggingTarget({ latencyMs: 300 });
  const plan = sendAll(target, { honoursKeys: true, concurrency: 1 });
  // Of three times the least: what takes longer for another reason than a busy machine takes longer each time.
  for (let tries = 1; (await takenOver(plan)) >= 5_000; tries += 1) {
    expect(tries).toBeLessThan(3);
    await killWorkers();
    await pool.query("UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state = 'executing'");
  }
});

/** Kills a worker that has all the chunks it may, with half a minute of work in each. Gives after how many ms another has them all. */
async function takenOver(plan: PlanInput): Promise<number> {
  const batch = await approvedBatch(pool, { items: CHUNKS_PER_WORKER * 100, chunks: CHUNKS_PER_WORKER, plan });
  // At the product's own tempo: the promise is in seconds.
  const first = await startWorker(url, { realTempo: true });
  const ownedBy = async (pid: number): Promise<boolean> => {
    const { rows } = await pool.query<{ owned: number }>(
      `SELECT count(*)::int AS owned FROM chunk c JOIN worker w ON w.id = c.lease_owner
       WHERE c.batch_id = $1 AND w.pid = $2 AND c.lease_until > clock_timestamp()`,
      [batch.batchId, pid],
    );
    return rows[0]?.owned === CHUNKS_PER_WORKER;
  };
  await eventually('all of them', () => ownedBy(first.pid));
  const heir = await startWorker(url, { name: 'heir', realTempo: true });
  await eventually('its row', () => beatsAgain(pool, heir.pid));
  const before = await databaseNow(pool);
  first.send('SIGKILL');
  await eventually('all of them, elsewhere', () => ownedBy(heir.pid));
  const took = (await databaseNow(pool)) - before;
  const tape = (await readTape(ADA, { batchId: batch.batchId })) ?? [];
  const silent = `Worker ${first.pid} went silent `;
  const told = tape.filter(({ kind, line }) => kind === 'takeover' && line.startsWith(silent));
  // Each once; where a busy machine renewed too late before it was killed, twice.
  expect(new Set(told.map(({ line }) => line.match(/took over (.*)$/)?.[1])).size).toBe(CHUNKS_PER_WORKER);
  return took;
}

test('killed after the target acted: the next owner looks each of them up, and what it finds is done', async () => {
  const target = await loggingTarget({ mode: 'timeout-after' });
  const batch = await approvedBatch(pool, { items: 60, plan: sendAll(target, { inspected: true, timeoutMs: SHORT_MS }) });
  const workers = await startWorkers(url, 2);
  const owner = await eventually('effects', async () => target.lines().length >= 8 && ownerOf(pool, batch.batchId));
  await endAndAwaitHeir(pool, workers, owner, 'SIGKILL', batch.batchId);
  await target.mode('ok');
  await eventually('the end', () => settled(pool, batch.batchId));
  expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
  const acted = new Set(target.lines().map(ordinalOf));
  const uncertain = await uncertainOf(pool, batch.batchId);
  // An intent whose request was never sent: the target knows nothing of it, which proves nothing.
  for (const ordinal of uncertain) expect(acted).not.toContain(ordinal);
  expect(acted.size + uncertain.length).toBe(60);
  const found = Object.values(await steps(pool, batch.batchId)).filter((of) => of.includes('resolution:succeeded'));
  expect(found.length).toBeGreaterThanOrEqual(8);
  const { rows } = await pool.query(
    `SELECT DISTINCT convert_from(body, 'UTF8')::json ->> 'evidence' AS evidence, convert_from(body, 'UTF8')::json ->> 'by' LIKE 'worker:%' AS worker
     FROM receipt WHERE batch_id = $1 AND kind = 'resolution'`,
    [batch.batchId],
  );
  expect(rows).toEqual([{ evidence: 'inspection', worker: true }]);
});

if (FULL)
  test('asked to end: it sends nothing more, waits for what is in flight, and leaves the chunk to the next at once', async () => {
    const target = await loggingTarget({ latencyMs: 20 });
    const batch = await approvedBatch(pool, { items: 300, plan: sendAll(target) });
    const first = await startWorker(url);
    await eventually('effects', async () => target.lines().length > 60);
    first.send('SIGTERM');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect(await counters(pool, batch.batchId)).toMatchObject({ inFlight: 0, uncertain: 0 });
    expect(await chunkStates(pool, batch.batchId)).toEqual(['executing']);
    const { rows } = await pool.query('SELECT lease_owner, lease_until FROM chunk WHERE batch_id = $1', [batch.batchId]);
    expect(rows).toEqual([{ lease_owner: null, lease_until: null }]);
    await startWorker(url);
    await eventually('the end', () => settled(pool, batch.batchId));
    expect(await chunkStates(pool, batch.batchId)).toEqual(['done']);
    expect(new Set(Object.values(await steps(pool, batch.batchId)).map(String))).toEqual(new Set(['intent,outcome:succeeded']));
    expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
  });

/** item -> the transaction that wrote its classification */
async function classifications(batchId: string): Promise<Map<number, string>> {
  const { rows } = await pool.query<{ ordinal: number; by: string }>(
    'SELECT ordinal, xmin::text AS by FROM classification WHERE batch_id = $1',
    [batchId],
  );
  return new Map(rows.map(({ ordinal, by }) => [ordinal, by]));
}

/** Enough work for an item that a kill finds the chunk half done. */
const SLOW_RULES: PlanInput = {
  classifier: {
    kind: 'rules',
    rules: Array.from({ length: 60 }, (_, index) => ({
      when: `item.from.matches('^never${index}.*@') || item.subject.contains('no ${index}')`,
      category: 'noise',
    })),
    otherwise: 'noise',
  },
  categories: [{ name: 'noise' }],
  chunking: { by: 'size' },
};
