/** The database refuses connections while a batch is sent. Real worker processes, a real PostgreSQL, a target that keeps its own log. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { answerApi } from '#lib/api/answer.ts';
import { LEASE_MS } from '#lib/core/limits.ts';
import { stopRinging } from '#lib/engine/bell.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, leasesCount, steps } from '#test/fixtures/started-batch.ts';
import { approvedBatch, loggingTarget, sendAll, settled } from './approved.ts';
import { judge, NOTHING, ordinalOf, uncertainOf } from './oracle.ts';
import { eventually, killWorkers, ownerOf, startWorkers } from './workers.ts';

process.env.ADMIN_API_KEY = 'a key of this test, of no use elsewhere';
const { pool, superPool, url } = await testDatabase();

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(stopRinging);

test('no connection is left: nothing is sent and nothing is lost, and it goes on by itself', async () => {
  const items = 300;
  // It is far from done when the connections go, on a busy machine too.
  const target = await loggingTarget({ latencyMs: 200 });
  const batch = await approvedBatch(pool, { items, plan: sendAll(target) });
  const workers = await startWorkers(url, 2);
  await eventually('effects', async () => target.lines().length > 16 && ownerOf(pool, batch.batchId));

  await limitConnections(0);
  await eventually('nobody but the superuser', cutEverybody);
  await target.decided();
  const sent = target.lines().length;
  expect(sent).toBeLessThan(items);
  const asked = await answerApi(
    new Request('http://127.0.0.1/api/v1/batches', { headers: { authorization: `Bearer ${process.env.ADMIN_API_KEY}` } }),
  );
  expect(asked.status).toBe(503);
  expect(asked.headers.get('Retry-After')).toBe('5');
  expect(await asked.json()).toMatchObject({ code: 'unavailable', fault: 'crowded' });
  // Long enough for the owner's lease to lapse.
  await sleep(LEASE_MS + 1_000);
  await target.decided();
  expect(target.lines()).toHaveLength(sent);
  expect((await superPool.query('SELECT state FROM chunk WHERE batch_id = $1', [batch.batchId])).rows).toEqual([
    { state: 'executing' },
  ]);

  await target.latency(20);
  await limitConnections(-1);
  await eventually('the end', () => settled(pool, batch.batchId));
  expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
  expect(Object.keys(await steps(pool, batch.batchId))).toHaveLength(items);
  const uncertain = await uncertainOf(pool, batch.batchId);
  // Every answer that came was kept until it could be written.
  const acted = new Set(target.lines().map(ordinalOf));
  expect(uncertain.filter((ordinal) => acted.has(ordinal))).toEqual([]);
  expect((await readBatch(ADA, { batchId: batch.batchId }))?.sum).toMatchObject({
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
  // The processes that met it are those that went on.
  for (const worker of workers) expect(process.kill(worker.pid, 0)).toBe(true);
});

/** For everybody but the superuser. */
async function limitConnections(most: number): Promise<void> {
  const { rows } = await superPool.query<{ name: string }>('SELECT current_database() AS name');
  await superPool.query(`ALTER DATABASE ${rows[0]?.name} CONNECTION LIMIT ${most}`);
}

/** True when nobody is left. */
async function cutEverybody(): Promise<boolean> {
  const { rowCount } = await superPool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND usename <> current_user AND backend_type = 'client backend'`,
  );
  return rowCount === 0;
}
