/** The worker that tries a target for all who wait for it dies while it does. Real processes, a real PostgreSQL, a target with its own log. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { stopRinging } from '#lib/engine/bell.ts';
import { resumeIncident } from '#lib/steps/fleet/resume-incident.ts';
import { readTargetIncidents } from '#lib/store/actions/breakers.sql.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, leasesCount } from '#test/fixtures/started-batch.ts';
import { approvedBatch, loggingTarget, post, sendAll, settled } from './approved.ts';
import { judge, NOTHING, uncertainOf } from './oracle.ts';
import { eventually, killWorkers, startWorkers } from './workers.ts';

const { pool, url } = await testDatabase();

beforeAll(() => leasesCount(pool));
afterEach(killWorkers);
afterAll(stopRinging);

test('killed while it tries: the next owner of its chunk tries, nobody else, and then all go on', async () => {
  const target = await loggingTarget({ mode: 'deny' });
  const execution = { first: 0, concurrency: 2, haltAfter: { consecutive: 2, share: 1 } };
  const action = post(target);
  // Who tries has to be killed before it gives up.
  const categories = [{ name: 'send', action: { ...action, with: { ...action.with, timeoutMs: 60_000 } } }];
  const batch = await approvedBatch(pool, { items: 40, chunks: 4, plan: { ...sendAll(target), categories, execution } });
  // At the product's own tempo: on a busy machine live ones would be taken for dead, and try too.
  const workers = await startWorkers(url, 3, { realTempo: true });
  const { id } = await eventually('the incident', async () => {
    const [incident] = await readTargetIncidents(pool);
    const busy = await pool.query(`SELECT FROM chunk WHERE state = 'executing' AND lease_owner IS NOT NULL`);
    return incident && !incident.probing && busy.rowCount === 0 ? incident : null;
  });
  const { rows: before } = await pool.query('SELECT clock_timestamp() AS at');
  await target.mode('hang');
  await resumeIncident(ADA, { id });
  const pid = await eventually('a request of who tries', async () => {
    const { rows } = await pool.query<{ pid: number }>(
      `SELECT w.pid FROM breaker t JOIN chunk c ON c.id = t.probe AND c.in_flight = 1 JOIN worker w ON w.id = c.lease_owner`,
    );
    return rows[0]?.pid ?? null;
  });
  workers.find((worker) => worker.pid === pid)?.send('SIGKILL');
  await target.mode('ok');
  await eventually('the end', () => settled(pool, batch.batchId));

  const { rows: tried } = await pool.query<{ chunks: number; intents: number }>(
    `SELECT count(DISTINCT chunk)::int AS chunks, count(*)::int AS intents FROM receipt
     WHERE batch_id = $1 AND kind = 'intent' AND committed_at > $2
       AND committed_at < (SELECT min(committed_at) FROM receipt WHERE batch_id = $1 AND result = 'succeeded')`,
    [batch.batchId, before[0].at],
  );
  // One whose answer died with its worker, and one by the heir.
  expect(tried).toEqual([{ chunks: 1, intents: 2 }]);
  // What died with its worker; on a busy machine a live one that renewed too late may lose what it had out as well.
  expect((await uncertainOf(pool, batch.batchId)).length).toBeGreaterThanOrEqual(1);
  const { rows: ownDoubts } = await pool.query(
    `SELECT o.ordinal, convert_from(o.body, 'UTF8')::jsonb ->> 'reason' AS reason FROM receipt o JOIN receipt i ON i.batch_id = o.batch_id AND i.ordinal = o.ordinal AND i.step = o.step - 1
     WHERE o.batch_id = $1 AND o.result = 'uncertain' AND convert_from(o.body, 'UTF8')::jsonb ->> 'reason' <> 'aborted'
       AND (convert_from(o.body, 'UTF8')::jsonb ->> 'epoch')::int <= (convert_from(i.body, 'UTF8')::jsonb ->> 'epoch')::int`,
    [batch.batchId],
  );
  // An heir wrote each of them, or whoever renewed too late and gave up what it had out: nobody else who kept its chunk was in doubt.
  expect(ownDoubts).toEqual([]);
  expect(await judge(pool, batch.batchId, target.lines())).toEqual(NOTHING);
  expect(await readTargetIncidents(pool)).toEqual([]);
  expect((await pool.query('SELECT FROM incident WHERE resolved_at IS NULL')).rowCount).toBe(0);
});
