/** The executor by itself: what must hold between an approval and its receipts, each in one small batch that would show it broken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { executeChunk } from '#lib/steps/actions/execute-chunk.ts';
import { testDatabase } from '#test/database.ts';
import { type Seed, type SeedChunk, type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { chunkStates, counters, leasesCount, steps, target, workUntil } from '#test/fixtures/started-batch.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool, ownerPool } = await testDatabase();

beforeAll(() => leasesCount(pool));
// A worker takes whatever is claimable, so no test leaves it anything.
afterEach(async () => {
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE state <> 'finished'");
  await pool.query("UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled')");
});

const item = (category: string, ...receipts: NonNullable<SeedChunk['items'][number]['receipts']>) => ({
  ...{ fields: { subject: category }, category, receipts },
});

function plan(url: string, more: object = {}): PlanInput {
  const send = { connector: 'http', do: 'POST', with: { url: `${url}/{{subject}}`, timeoutMs: 20_000 }, ...more };
  return {
    classifier: { kind: 'rules', rules: [], otherwise: 'keep' },
    categories: [
      { name: 'send', action: send },
      { name: 'shelve', action: { connector: 'shelf', do: 'archive' } },
      { name: 'keep' },
    ],
    chunking: { by: 'size' },
    execution: { first: 0, concurrency: 2 },
    receiptFields: ['subject'],
  };
}

const seed = (wanted: Partial<PlanInput>, items: SeedChunk['items'], more: Partial<Seed> = {}): Promise<SeededBatch> =>
  seedBatch(pool, { plan: wanted, ...more, chunks: [{ state: 'executing', items }] });
const until =
  ({ batchId }: SeededBatch, ...states: string[]) =>
  async () =>
    (await chunkStates(pool, batchId)).every((state) => states.includes(state));

test('what was approved is done once, with one intent and one outcome each', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await seed(plan(url), [item('send'), item('shelve'), item('keep'), item('send'), item('shelve')]);
  await workUntil(pool, until(batch, 'done'));
  expect(await steps(pool, batch.batchId)).toEqual(
    Object.fromEntries([1, 2, 4, 5].map((ordinal) => [ordinal, ['intent', 'outcome:succeeded']])),
  );
  expect(seen).toHaveLength(2);
  const { rows } = await pool.query('SELECT ordinal FROM shelf_entry WHERE batch_id = $1 ORDER BY ordinal', [batch.batchId]);
  expect(rows).toEqual([{ ordinal: 2 }, { ordinal: 5 }]);
});

test('I1: nothing reaches a target while the commit of its intent is held up', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await seed(plan(url), [item('send'), item('send'), item('send')]);
  let early = -1;
  await workUntil(pool, until(batch, 'done'), {
    executing: async (task) => {
      const holder = await pool.connect();
      await holder.query('BEGIN');
      await holder.query('SELECT FROM chunk WHERE id = $1 FOR UPDATE', [task.claim.chunkId]);
      const working = executeChunk(task);
      // Of this file's database: others write intents at the same time.
      const waits = `SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE '%''intent''%' AND cardinality(pg_blocking_pids(pid)) > 0`;
      while ((await pool.query(waits)).rowCount === 0) await sleep(10);
      // Time for a request that does not wait to arrive.
      await sleep(300);
      early = seen.length;
      await holder.query('COMMIT');
      holder.release();
      return working;
    },
  });
  expect(early).toBe(0);
  expect(seen).toHaveLength(3);
});

test('I1: nor is anything made inside Countersign whose intent was refused', async () => {
  const { url } = await target(() => 200);
  const batch = await seed(plan(url), [item('shelve'), item('shelve')]);
  await workUntil(pool, until(batch, 'paused', 'halted', 'done'), {
    executing: async (task) => {
      await pool.query("UPDATE chunk SET stopping = 'pause' WHERE id = $1", [task.claim.chunkId]);
      return executeChunk(task);
    },
  });
  expect(await chunkStates(pool, batch.batchId)).toEqual(['paused']);
  expect(await steps(pool, batch.batchId)).toEqual({});
  expect((await pool.query('SELECT FROM shelf_entry WHERE batch_id = $1', [batch.batchId])).rowCount).toBe(0);
});

test('the lease is looked at between the intent and the request: what is late stays open and is not sent', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await seed(plan(url), [item('send')]);
  let handled: string | null = null;
  await workUntil(pool, async () => handled !== null, {
    executing: async (task) => {
      // It holds when the intent is begun, and lapses while its commit is on the way.
      let looks = 0;
      const valid = (): boolean => {
        looks += 1;
        return looks === 1;
      };
      handled = await executeChunk({ ...task, lease: { ...task.lease, valid } });
      return 'lost';
    },
  });
  expect(handled).toBe('lost');
  expect(seen).toHaveLength(0);
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent'] });
});

test('who is taken over before it reads its approval has lost the chunk, and halts nothing', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await seed(plan(url), [item('send')]);
  const handled: string[] = [];
  let claims = 0;
  await workUntil(pool, until(batch, 'done'), {
    executing: async (task) => {
      claims += 1;
      // The next owner may come before this one has found out.
      if (claims === 1)
        await pool.query('UPDATE chunk SET epoch = epoch + 1, lease_until = NULL WHERE id = $1', [task.claim.chunkId]);
      const how = await executeChunk(task);
      handled.push(how);
      return how;
    },
  });
  expect(handled.sort()).toEqual(['done', 'lost']);
  expect(seen).toHaveLength(1);
});

test('I4: what is repeated under its key is the frozen request, and only a success ends the uncertainty', async () => {
  const { url, seen } = await target(({ url: path }) => (path === '/send' ? 422 : 200));
  const batch = await seed(plan(url, { honoursKeys: true }), [item('send', 'intent')]);
  const { rows } = await pool.query<{ key: string }>(
    "SELECT convert_from(body, 'UTF8')::json ->> 'idempotencyKey' AS key FROM receipt WHERE batch_id = $1 AND kind = 'intent'",
    [batch.batchId],
  );
  await workUntil(pool, until(batch, 'unresolved', 'done'));
  expect(seen.length).toBeGreaterThan(0);
  expect(new Set(seen.map(({ key }) => key))).toEqual(new Set([rows[0]?.key]));
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:uncertain'] });
});

test('I4: a target that keeps no keys is sent nothing again', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await seed(plan(url), [item('send', 'intent')]);
  await workUntil(pool, until(batch, 'unresolved', 'done'));
  expect(seen).toHaveLength(0);
  expect(await steps(pool, batch.batchId)).toEqual({ 1: ['intent', 'outcome:uncertain'] });
});

test('I5: rows that are not what was approved halt the chunk, and nothing is sent', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await seed(plan(url), [item('send')]);
  await ownerPool.query('ALTER TABLE decision_chunk DISABLE TRIGGER decision_chunk_append_only');
  await ownerPool.query('UPDATE decision_chunk SET digest = sha256(digest) WHERE chunk_id = $1', [batch.chunks[0]?.id]);
  await ownerPool.query('ALTER TABLE decision_chunk ENABLE ALWAYS TRIGGER decision_chunk_append_only');
  await workUntil(pool, until(batch, 'halted', 'done'));
  expect(await chunkStates(pool, batch.batchId)).toEqual(['halted']);
  expect(seen).toHaveLength(0);
  const { rows } = await pool.query('SELECT message FROM incident WHERE batch_id = $1', [batch.batchId]);
  expect(rows).toEqual([{ message: 'The frozen manifest is not the one that was approved. Nothing was sent.' }]);
});

test('a worker that does not know a connector’s version leaves the chunk alone, works on, and one that knows it takes it', async () => {
  const { url, seen } = await target(() => 200);
  const [newer, other] = [await seed(plan(url), [item('shelve'), item('send')]), await seed(plan(url), [item('send')])];
  const versionOfSends = async (version: number): Promise<void> => {
    await ownerPool.query('ALTER TABLE manifest_row DISABLE TRIGGER manifest_row_append_only');
    await ownerPool.query("UPDATE manifest_row SET version = $2 WHERE chunk_id = $1 AND connector = 'http'", [
      ...[newer.chunks[0]?.id, version],
    ]);
    await ownerPool.query('ALTER TABLE manifest_row ENABLE ALWAYS TRIGGER manifest_row_append_only');
  };
  const { rows } = await pool.query<{ version: number }>(
    "SELECT version FROM manifest_row WHERE chunk_id = $1 AND connector = 'http'",
    [newer.chunks[0]?.id],
  );
  await versionOfSends(99);
  const handled: string[] = [];
  await workUntil(pool, until(other, 'done'), {
    executing: async (task) => {
      const how = await executeChunk(task);
      if (task.claim.batchId === newer.batchId) handled.push(how);
      return how;
    },
  });
  // Again after a while, on a slow machine.
  expect(new Set(handled)).toEqual(new Set(['unsuited']));
  expect(await steps(pool, newer.batchId)).toEqual({});
  expect(seen).toHaveLength(1);
  const { rows: left } = await pool.query('SELECT state, lease_until, halt_reason FROM chunk WHERE batch_id = $1', [
    newer.batchId,
  ]);
  expect(left).toEqual([{ state: 'executing', lease_until: null, halt_reason: null }]);

  await versionOfSends(rows[0]?.version ?? 0);
  await workUntil(pool, until(newer, 'done'));
  expect(await counters(pool, newer.batchId)).toMatchObject({ done: 2, failed: 0, uncertain: 0 });
});
