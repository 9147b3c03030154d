import type { Pool, PoolClient } from 'pg';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { LOOK_ROWS_MAX, REFOLD_MS } from '#lib/core/limits.ts';
import { readMoment } from '#lib/steps/batches/batch-view.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { resumeIncident } from '#lib/steps/fleet/resume-incident.ts';
import { settleBatches } from '#lib/store/actions/execution.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedChunk, seedBatch } from '#test/fixtures/batch.ts';
import { atSize } from '#test/size.ts';
import { checkSums, refoldSums } from './check-sums.ts';

const { pool, superPool } = await testDatabase();

const ADA: Actor = { id: 'user:00000000-0000-4000-8000-000000000001', role: 'admin', name: 'Ada', via: 'page' };

const items = (count: number): SeedChunk['items'] =>
  Array.from({ length: count }, (_, index) => ({
    fields: { date: '2020-11-03', from: 'a@shop.x', subject: `mail ${index}` },
    category: 'noise',
    receipts: ['intent', 'outcome:succeeded'],
  }));

/** With two receipts for each, more than a look may read: it is a large chunk. */
const LARGE = atSize(LOOK_ROWS_MAX / 2 + 100, 3_000);

const incidents = async (batchId: string): Promise<string[]> => {
  const { rows } = await pool.query('SELECT message FROM incident WHERE batch_id = $1 AND resolved_at IS NULL', [batchId]);
  return rows.map(({ message }) => message);
};

const kept = async (batchId: string) => {
  const { rows } = await pool.query('SELECT * FROM chunk_fold WHERE batch_id = $1 ORDER BY chunk', [batchId]);
  return rows;
};

const state = async (batchId: string) =>
  (await pool.query('SELECT state, refolded_at FROM batch WHERE id = $1', [batchId])).rows[0];

const makeDue = (batchId: string) =>
  pool.query(
    `UPDATE chunk_fold SET refolded_at = refolded_at - interval '${REFOLD_MS + 1_000} milliseconds' WHERE batch_id = $1`,
    [batchId],
  );

/** Rows of receipts and manifests that the connection has read, in their tables and indexes. */
const readSoFar = async (client: PoolClient): Promise<number> => {
  const { rows } = await client.query(
    `SELECT coalesce(sum(pg_stat_get_xact_tuples_returned(oid)), 0)::int AS read FROM pg_class
     WHERE oid = ANY (ARRAY['receipt', 'manifest_row']::regclass[])
       OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY (ARRAY['receipt', 'manifest_row']::regclass[]))`,
  );
  return rows[0].read;
};

const sum = async (batchId: string) => (await readBatch(ADA, { batchId }))?.sum;

test('a process that never watched shows a large batch from its counters, until a worker has checked it', async () => {
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'executing', items: items(LARGE) }] });
  const unchecked = { approved: LARGE, done: LARGE, addsUp: true };
  const of = 2 * LARGE + 1;
  expect(await sum(batchId)).toMatchObject({ ...unchecked, checked: { receipts: 0, of, at: null } });
  await checkSums();
  expect(await sum(batchId)).toMatchObject({ ...unchecked, checked: { receipts: of, of, at: null } });
});

test('a look of a process that never watched reads no more rows than it may, of however many', async () => {
  const { batchId } = await seedBatch(pool, {
    chunks: [LARGE, LARGE, 200].map((count) => ({ state: 'executing' as const, items: items(count) })),
  });
  // So long ago that nobody looks how fast it goes.
  await pool.query("UPDATE chunk SET updated_at = updated_at - interval '1 hour' WHERE batch_id = $1", [batchId]);
  // What the planner knows must not depend on whether PostgreSQL came to look at the rows by itself.
  await pool.query('ANALYZE receipt, manifest_row');
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    // So few manifest rows may be cheaper to read whole, by how their random ids happen to lie.
    await client.query('SET LOCAL enable_seqscan = off');
    // What the connection did in the second before is still counted with it.
    const before = await readSoFar(client);
    const moment = await readMoment(client as unknown as Pool, batchId);
    expect(moment?.now.sum).toMatchObject({ done: 2 * LARGE + 200, checked: { receipts: 401, of: 4 * LARGE + 403, at: null } });
    const read = (await readSoFar(client)) - before;
    expect(read).toBeGreaterThanOrEqual(601);
    expect(read).toBeLessThanOrEqual(LOOK_ROWS_MAX);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

test('a large batch whose counters lie looks well until it is checked, and then its sending is stopped', async () => {
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'executing', items: items(LARGE) }] });
  await pool.query('UPDATE chunk SET done = done - 1 WHERE batch_id = $1', [batchId]);
  await checkSums();
  expect(await sum(batchId)).toMatchObject({ done: LARGE, addsUp: false });
  expect(await state(batchId)).toMatchObject({ state: 'paused' });
  expect(await incidents(batchId)).toEqual([expect.stringMatching(/^Counts disagree by \d+\. Sending stopped\.$/)]);
  // Told once for as long as it is open.
  await Promise.all([checkSums(), checkSums(), checkSums()]);
  expect(await incidents(batchId)).toHaveLength(1);
});

test('what was kept and does not say what the receipts say is found when they are folded again, and put right', async () => {
  const { batchId } = await seedBatch(pool, {
    chunks: [
      { state: 'executing', items: items(20) },
      { state: 'executing', items: items(10) },
    ],
  });
  await checkSums();
  const [, right] = await kept(batchId);
  // Counters and what was kept agree with each other: only the receipts know better.
  await pool.query('UPDATE chunk_fold SET succeeded = 8, failed = 2 WHERE batch_id = $1 AND chunk = 2', [batchId]);
  await pool.query('UPDATE chunk SET done = 8, failed = 2 WHERE batch_id = $1 AND number = 2', [batchId]);
  await checkSums();
  await refoldSums();
  expect(await sum(batchId)).toMatchObject({ failed: 2, addsUp: true });
  expect(await state(batchId)).toMatchObject({ state: 'running' });

  await makeDue(batchId);
  await Promise.all([refoldSums(), refoldSums()]);
  expect(await incidents(batchId)).toEqual(['The stored totals of chunk 2 differ from its receipts by 4. Sending stopped.']);
  expect(await state(batchId)).toMatchObject({ state: 'paused' });
  const [, now] = await kept(batchId);
  expect(now).toMatchObject({ succeeded: right.succeeded, failed: 0, seq: right.seq, receipts: right.receipts });
  // And with it the lie of the counters shows.
  expect(await sum(batchId)).toMatchObject({ done: 30, failed: 0, addsUp: false, difference: 4 });
});

test('a receipt that is gone, and a fold that claims more than there is, are found by folding again', async () => {
  const robbed = await seedBatch(pool, { chunks: [{ state: 'executing', items: items(10) }] });
  const ahead = await seedBatch(pool, { chunks: [{ state: 'executing', items: items(10) }] });
  await checkSums();
  await superPool.query('ALTER TABLE receipt DISABLE TRIGGER USER');
  await superPool.query('DELETE FROM receipt WHERE batch_id = $1 AND seq = 7', [robbed.batchId]);
  await superPool.query('ALTER TABLE receipt ENABLE TRIGGER USER');
  await pool.query('UPDATE chunk_fold SET seq = seq + 1000, receipts = receipts + 1000 WHERE batch_id = $1', [ahead.batchId]);
  for (const { batchId } of [robbed, ahead]) await makeDue(batchId);
  await refoldSums();
  for (const { batchId } of [robbed, ahead]) {
    expect(await incidents(batchId)).toHaveLength(1);
    expect(await state(batchId)).toMatchObject({ state: 'paused' });
  }
  expect((await kept(ahead.batchId))[0]).toMatchObject({ seq: 21, receipts: 21, succeeded: 10 });
});

test('a batch that is over is folded again once, and watched no longer', async () => {
  const { batchId } = await seedBatch(pool, { state: 'finished', chunks: [{ state: 'done', items: items(10) }] });
  await pool.query('UPDATE batch SET finished_at = clock_timestamp() WHERE id = $1', [batchId]);
  await refoldSums();
  // Not before it was folded at all.
  expect(await state(batchId)).toMatchObject({ refolded_at: null });
  await checkSums();
  await pool.query('UPDATE batch SET finished_at = clock_timestamp() WHERE id = $1', [batchId]);
  const [before] = await kept(batchId);
  await refoldSums();
  const [after] = await kept(batchId);
  expect(after.refolded_at.getTime()).toBeGreaterThan(before.refolded_at.getTime());
  // Nor before its closing receipt is there, which a worker may have died before.
  expect(await state(batchId)).toMatchObject({ refolded_at: null });
  await settleBatches(pool);
  await refoldSums();
  expect((await state(batchId)).refolded_at).not.toBeNull();
  expect(await incidents(batchId)).toEqual([]);
});

test('a difference in a batch that is over is told, and can be put aside', async () => {
  const { batchId } = await seedBatch(pool, { state: 'finished', chunks: [{ state: 'done', items: items(10) }] });
  await pool.query('UPDATE chunk SET done = done - 1, failed = failed + 1 WHERE batch_id = $1', [batchId]);
  await Promise.all([checkSums(), checkSums()]);
  expect(await incidents(batchId)).toHaveLength(1);
  expect(await state(batchId)).toMatchObject({ state: 'finished' });
  const { rows } = await pool.query('SELECT id FROM incident WHERE batch_id = $1', [batchId]);
  expect(await resumeIncident(ADA, { id: rows[0].id })).toEqual({ trying: null, chunks: 0 });
  expect(await incidents(batchId)).toEqual([]);
  expect(await state(batchId)).toMatchObject({ state: 'finished' });
});

test('what a crowd of workers checks at once is kept once and adds up', async () => {
  const { batchId } = await seedBatch(pool, {
    chunks: [1, 2, 3, 4].map(() => ({ state: 'executing' as const, items: items(400) })),
  });
  await Promise.all(Array.from({ length: 8 }, () => checkSums()));
  expect((await kept(batchId)).map(({ seq, succeeded, difference }) => [seq, succeeded, difference])).toEqual(
    [1, 2, 3, 4].map(() => [801, 400, 0]),
  );
  expect(await incidents(batchId)).toEqual([]);
});
