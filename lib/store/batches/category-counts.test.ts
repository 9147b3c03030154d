/** The counts of a batch by category: kept with every change of a classification, and never counted anew. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { discardClassifications, readCategoryCounts } from '#lib/store/chunks/classifications.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';

const database = await testDatabase();
const { pool } = database;

const EVE: Actor = { id: `user:${randomUUID()}`, role: 'auditor', name: 'Eve', via: 'page' };

const items = (category: string | null, count: number, from = 0): SeedItem[] =>
  Array.from({ length: count }, (_, index) => ({
    fields: { subject: `secret ${from + index}` },
    ...(category === null ? {} : { category }),
  }));

const counts = async (batchId: string, actor = BO) => (await readBatch(actor, { batchId }))?.counts;

/** What the classifications themselves say. */
async function counted(batchId: string) {
  const { rows } = await pool.query<{ name: string; items: number }>(
    'SELECT category AS name, count(*)::int AS items FROM classification WHERE batch_id = $1 GROUP BY 1 ORDER BY 2 DESC, 1',
    [batchId],
  );
  return rows;
}

/** The rows of a chunk's next page, as a worker stores them. */
const classify = (batchId: string, chunkId: string, ordinals: number[], category: string) =>
  pool.query(
    `INSERT INTO classification (batch_id, chunk_id, ordinal, category, why, confidence, "by", revision)
     SELECT $1, $2, o, $4, '', 1, 'rules', 1 FROM unnest($3::int[]) o`,
    [batchId, chunkId, ordinals, category],
  );

test('a batch counts what is classified so far, and says up to where', async () => {
  const { batchId } = await seedBatch(pool, {
    chunks: [
      { state: 'awaiting_review', items: [...items('noise', 3), ...items('keep', 1)] },
      { state: 'classifying', items: [...items('noise', 2), ...items(null, 5)] },
      { state: 'proposed', items: items(null, 4) },
    ],
  });
  expect(await counts(batchId)).toEqual({
    categories: [
      { name: 'noise', items: 5 },
      { name: 'keep', items: 1 },
    ],
    ...{ upTo: 6, of: 15, complete: false },
  });
});

test('a chunk that is classified again leaves its counts and comes back, and what people corrected stays', async () => {
  const { batchId, chunks } = await seedBatch(pool, {
    chunks: [
      { state: 'awaiting_review', items: items('noise', 4) },
      { state: 'awaiting_review', items: items('noise', 2, 4) },
    ],
  });
  const chunkId = chunks[0]?.id ?? '';
  await correct(BO, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'keep' }] });
  expect(await counts(batchId)).toMatchObject({
    categories: [
      { name: 'noise', items: 5 },
      { name: 'keep', items: 1 },
    ],
    ...{ upTo: 6, complete: true },
  });
  await inTransaction(pool, (tx) => discardClassifications(tx, [chunkId]));
  expect(await counts(batchId)).toMatchObject({ upTo: 3, complete: false });
  expect(await readCategoryCounts(database, chunkId)).toEqual(new Map([['keep', 1]]));
  // What is rolled back was never counted.
  await expect(
    inTransaction(pool, async (tx) => {
      await tx.query("UPDATE classification SET category = 'noise' WHERE batch_id = $1", [batchId]);
      throw new Error('taken back');
    }),
  ).rejects.toThrow('taken back');
  expect((await counts(batchId))?.categories).toEqual(await counted(batchId));
  await classify(batchId, chunkId, [1, 3], 'keep');
  await classify(batchId, chunkId, [4], 'noise');
  expect(await counts(batchId)).toEqual({
    categories: [
      { name: 'keep', items: 3 },
      { name: 'noise', items: 3 },
    ],
    ...{ upTo: 6, of: 6, complete: true },
  });
});

test('two workers that classify two chunks of a batch at once do not lose each other’s counts', async () => {
  const { batchId, chunks } = await seedBatch(pool, {
    chunks: [
      { state: 'classifying', items: items(null, 200) },
      { state: 'classifying', items: items(null, 200, 200) },
    ],
  });
  const pages = Array.from({ length: 20 }, (_, page) => page);
  await Promise.all(
    chunks.map(async ({ id }, at) => {
      for (const page of pages) {
        const ordinals = Array.from({ length: 10 }, (_, index) => at * 200 + page * 10 + index + 1);
        await classify(batchId, id, ordinals, page % 2 === 0 ? 'noise' : 'keep');
      }
    }),
  );
  expect((await counts(batchId))?.categories).toEqual([
    { name: 'keep', items: 200 },
    { name: 'noise', items: 200 },
  ]);
});

test('fifty categories with long names from outside are all told, and an auditor is told names and numbers only', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `${index} ${'Ünlesbar '.repeat(6)}`.slice(0, 60).trim());
  const { batchId } = await seedBatch(pool, {
    plan: { classifier: { kind: 'rules', rules: [], otherwise: names[0] ?? '' }, categories: names.map((name) => ({ name })) },
    chunks: [{ state: 'awaiting_review', items: names.flatMap((name, index) => items(name, index + 1)) }],
  });
  const told = await counts(batchId, EVE);
  expect(told?.categories.map(({ items: many }) => many)).toEqual(Array.from({ length: 50 }, (_, index) => 50 - index));
  expect(told?.categories.map(({ name }) => name)).toEqual(names.toReversed());
  expect(JSON.stringify(await readBatch(EVE, { batchId }))).not.toContain('secret');
});

test('a batch that was cancelled before anything was classified counts nothing, and has finished nothing', async () => {
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'queued', items: items(null, 3) }] });
  await cancel(ADA, { batchId });
  expect(await readBatch(ADA, { batchId })).toMatchObject({
    ...{ state: 'cancelled', itemsFinished: 0, itemCount: 3 },
    counts: { categories: [], upTo: 0, of: 3, complete: false },
  });
});
