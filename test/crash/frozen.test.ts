/** One worker process freezes, another goes on, and the first wakes up. Real processes, a real PostgreSQL, a target that keeps its own log. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { testDatabase } from '#test/database.ts';
import { leasesCount, steps } from '#test/fixtures/started-batch.ts';
import { atSize, FULL } from '#test/size.ts';
import { approvedBatch, loggingTarget, SHORT_MS, sendAll, settled } from './approved.ts';
import { beatsAgain, byPid, endAndAwaitHeir } from './heirs.ts';
import { judge, keysOfEpoch, NOTHING, uncertainOf } from './oracle.ts';
import { eventually, killWorkers, ownerOf, startWorkers } from './workers.ts';

const { ownerPool, pool, url } = await testDatabase();

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(stopRinging);

if (FULL)
  test('the target says “not there” while a frozen worker may still send: it stays uncertain, and nothing is repeated', async () => {
    const target = await loggingTarget({ latencyMs: 20 });
    await target.lookup('lies');
    const batch = await approvedBatch(pool, { items: 300, plan: sendAll(target, { inspected: true, timeoutMs: SHORT_MS }) });
    const workers = await startWorkers(url, 2);
    const owner = await eventually('effects', async () => target.lines().length > 60 && ownerOf(pool, batch.batchId));
    const zombie = await endAndAwaitHeir(pool, workers, owner, 'SIGSTOP', batch.batchId);
    await eventually('the end', () => settled(pool, batch.batchId));
    const uncertain = await uncertainOf(pool, batch.batchId);
    zombie.send('SIGCONT');
    await eventually('its heartbeat', () => beatsAgain(pool, owner.pid));
    expect(await uncertainOf(pool, batch.batchId)).toEqual(uncertain);
    expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
    const said = await pool.query('SELECT ordinal, finding FROM inspection WHERE batch_id = $1 ORDER BY ordinal', [
      batch.batchId,
    ]);
    expect(said.rows).toEqual(uncertain.map((ordinal) => ({ ordinal, finding: 'not_there' })));
    const results = Object.values(await steps(pool, batch.batchId)).flat();
    expect(results).not.toContain('resolution:not_executed');
    expect(results).not.toContain('resolution:succeeded');
  });

test('frozen past its lease and woken: the zombie writes nothing, and begins no send', async () => {
  // Slow until then, so that the batch is far from done when its worker freezes, on a busy machine too; and so that it freezes while all that it sent waits
  // for an answer, and not while several are about to go out.
  const target = await loggingTarget({ latencyMs: 400 });
  const batch = await approvedBatch(pool, { items: atSize(300, 900), plan: sendAll(target, { timeoutMs: SHORT_MS }) });
  const workers = await startWorkers(url, 2);
  const owner = await eventually('effects', async () => target.lines().length >= 16 && ownerOf(pool, batch.batchId));
  const zombie = await endAndAwaitHeir(pool, workers, owner, 'SIGSTOP', batch.batchId);
  // What its statements did has been decided, and what was on the wire when it froze arrives: a target on a busy machine writes it down late.
  const itsKeys = await keysOfEpoch(pool, batch.batchId, owner.epoch);
  const itsRequests = () => target.lines().filter(({ key }) => itsKeys.has(key ?? '')).length;
  let sent = itsRequests();
  await eventually('all that it sent', async () => {
    const before = sent;
    await sleep(500);
    await target.decided();
    sent = itsRequests();
    return sent === before;
  });
  zombie.send('SIGCONT');
  await target.latency(20);
  // It is awake again: it beats, and finds nothing to do.
  await eventually('its heartbeat', () => beatsAgain(pool, owner.pid));
  await eventually('the end', () => settled(pool, batch.batchId));
  // One that froze between the look at its lease and its send goes out, and is among those that the heir called uncertain: no look can close that window.
  expect(itsRequests()).toBeLessThanOrEqual(sent + 1);
  expect(await keysOfEpoch(pool, batch.batchId, owner.epoch)).toEqual(itsKeys);
  expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
});

if (FULL)
  test('frozen in the middle of its repeats, and woken: its heir repeats them under the same keys, and nobody is asked', async () => {
    const target = await loggingTarget({ latencyMs: 20, honourKeys: true });
    const batch = await approvedBatch(pool, { items: 200, plan: sendAll(target, { honoursKeys: true, timeoutMs: SHORT_MS }) });
    // Each of these acted, and is heard of only after repeats: frozen meanwhile, the worker has them all open.
    await target.modeOf('/mail', 'at-it', 8);
    const workers = await startWorkers(url, 2);
    const owner = await eventually('effects', async () => target.lines().length >= 8 && ownerOf(pool, batch.batchId));
    const zombie = await endAndAwaitHeir(pool, workers, owner, 'SIGSTOP', batch.batchId);
    await eventually('the heir’s repeats', async () => target.lines().some(({ effect }) => effect === 'repeat'));
    zombie.send('SIGCONT');
    await eventually('its heartbeat', () => beatsAgain(pool, owner.pid));
    await eventually('the end', () => settled(pool, batch.batchId));
    expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
    expect(new Set(Object.values(await steps(pool, batch.batchId)).map(String))).toEqual(new Set(['intent,outcome:succeeded']));
    expect(target.lines().filter(({ effect }) => effect === true)).toHaveLength(200);
    expect(new Set(target.lines().map(({ key }) => key)).size).toBe(200);
  });

test('frozen while a transaction of its effects is open: the chunk is free again all the same', async () => {
  const plan: PlanInput = {
    classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
    categories: [
      { name: 'noise', action: { connector: 'task', do: 'create', with: { title: '{{subject}}', thenShelf: 'archive' } } },
    ],
    chunking: { by: 'size' },
    execution: { first: 0 },
  };
  const batch = await approvedBatch(pool, { items: 1_000, plan });
  // Its tasks are made, and what puts the items away waits for this lock: it is frozen exactly between the two.
  const locker = await ownerPool.connect();
  await locker.query('BEGIN');
  await locker.query('LOCK TABLE shelf_entry IN SHARE MODE');
  const workers = await startWorkers(url, 2);
  const owner = await eventually('an owner', () => ownerOf(pool, batch.batchId));
  const zombie = byPid(workers, owner.pid);
  const inState = async (condition: string): Promise<boolean> => {
    const { rowCount } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND ${condition}`,
      [`worker_${workers.indexOf(zombie) + 1}`],
    );
    return (rowCount ?? 0) > 0;
  };
  await eventually('an effect that waits', () => inState("wait_event_type = 'Lock'"));
  zombie.send('SIGSTOP');
  await locker.query('ROLLBACK');
  locker.release();
  await eventually('its transaction to stand open', () => inState("state = 'idle in transaction'"));
  await eventually('another owner', async () => ((await ownerOf(pool, batch.batchId))?.epoch ?? 0) > owner.epoch);
  zombie.send('SIGCONT');
  await eventually('the end', () => settled(pool, batch.batchId));
  expect(new Set(Object.values(await steps(pool, batch.batchId)).map(String))).toEqual(new Set(['intent,outcome:succeeded']));
  const { rows } = await pool.query(
    `SELECT count(*)::int AS both FROM shelf_entry s JOIN follow_up f USING (idempotency_key) WHERE s.batch_id = $1
     UNION ALL SELECT count(*)::int FROM shelf_entry WHERE batch_id = $1 UNION ALL SELECT count(*)::int FROM follow_up WHERE batch_id = $1`,
    [batch.batchId],
  );
  expect(rows).toEqual([{ both: 1_000 }, { both: 1_000 }, { both: 1_000 }]);
  expect(await judge(pool, batch.batchId, [])).toMatchObject({ repeatedReceipts: [], zombieReceipts: [] });
});
