/** Corrections by several people at once, and of many items at once. */
import { expect, test } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { whileHeld } from '#test/fixtures/interleave.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';
import { correct } from './correct.ts';
import { readCheckpoint } from './read-checkpoint.ts';

const { pool } = await testDatabase();

const PLAN = { categories: [{ name: 'noise' }, { name: 'keep' }, { name: 'later' }], receiptFields: ['subject'] };
const items = (count: number): SeedItem[] =>
  Array.from({ length: count }, (_, index) => ({ fields: { subject: `mail ${index}` }, category: 'noise' }));
const seed = (count: number) => seedBatch(pool, { plan: PLAN, chunks: [{ state: 'awaiting_review', items: items(count) }] });
const history = async (batchId: string) =>
  (
    await pool.query('SELECT ordinal, "from", "to", "by", note, revision FROM correction WHERE batch_id = $1 ORDER BY id', [
      batchId,
    ])
  ).rows;

test('two people correct the same item at once: the second moves it from where the first put it', async () => {
  const { batchId } = await seed(3);
  const asked = (category: string) => ({ batchId, chunk: 1, corrections: [{ ordinal: 2, category }] });
  const both = await Promise.all([correct(ADA, asked('keep')), correct(BO, asked('later'))]);
  expect(both.map(({ changed }) => changed)).toEqual([1, 1]);
  expect(both.map(({ revision }) => revision).sort()).toEqual([2, 3]);
  const [first, second] = await history(batchId);
  expect(first).toMatchObject({ ordinal: 2, from: 'noise', revision: 2 });
  expect(second).toMatchObject({ ordinal: 2, from: first.to, revision: 3 });
  const { rows } = await pool.query(
    'SELECT category, "by", why, revision, confidence FROM classification WHERE batch_id = $1 AND ordinal = 2',
    [batchId],
  );
  expect(rows).toEqual([
    { category: second.to, by: second.by, why: `A person moved it here from ${first.to}.`, revision: 3, confidence: 1 },
  ]);
  const { counts } = both.find(({ revision }) => revision === 3) ?? {};
  expect(counts).toEqual({ noise: 2, [second.to]: 1 });
  expect((await pool.query('SELECT corrected, revision FROM chunk WHERE batch_id = $1', [batchId])).rows).toEqual([
    { corrected: 2, revision: 3 },
  ]);
});

test('who waits for another’s correction moves the item from where that one put it', async () => {
  const { batchId, chunks } = await seed(3);
  const [chunk] = chunks;
  const corrected = await whileHeld(
    pool,
    async (other) => {
      await other.query('UPDATE chunk SET revision = 2, corrected = 1 WHERE id = $1', [chunk?.id]);
      await other.query(`UPDATE classification SET category = 'keep', "by" = $2 WHERE batch_id = $1 AND ordinal = 2`, [
        batchId,
        ADA.id,
      ]);
    },
    () => correct(BO, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'later' }] }),
  );
  expect(corrected).toMatchObject({ revision: 3, changed: 1, counts: { noise: 2, later: 1 } });
  expect(await history(batchId)).toEqual([{ ordinal: 2, from: 'keep', to: 'later', by: BO.id, note: null, revision: 3 }]);
});

test('what has the category already makes no history and no revision; one stranger refuses all', async () => {
  const { batchId } = await seed(3);
  const to = (corrections: { ordinal: number; category: string }[]) => correct(BO, { batchId, chunk: 1, corrections });
  expect(await to([{ ordinal: 1, category: 'noise' }])).toMatchObject({ revision: 1, changed: 0, counts: { noise: 3 } });
  await expect(
    to([
      { ordinal: 1, category: 'keep' },
      { ordinal: 4, category: 'keep' },
    ]),
  ).rejects.toThrow('Item 4 is not in chunk 1. Nothing was changed.');
  expect(await history(batchId)).toEqual([]);
  expect(
    await to([
      { ordinal: 1, category: 'noise' },
      { ordinal: 2, category: 'keep' },
    ]),
  ).toMatchObject({ revision: 2, changed: 1, counts: { noise: 2, keep: 1 } });
  expect(await history(batchId)).toEqual([{ ordinal: 2, from: 'noise', to: 'keep', by: BO.id, note: null, revision: 2 }]);
});

test('as many as may be corrected at once are, each with its note', async () => {
  const { batchId } = await seed(10_000);
  const corrections = Array.from({ length: 10_000 }, (_, index) => ({
    ...{ ordinal: index + 1, category: index % 2 === 0 ? 'keep' : 'later', note: index % 3 === 0 ? `note ${index}` : null },
  }));
  expect(await correct(BO, { batchId, chunk: 1, corrections })).toMatchObject({
    ...{ revision: 2, changed: 10_000, counts: { keep: 5_000, later: 5_000 } },
  });
  const made = await history(batchId);
  expect(made.map(({ ordinal, to, note }) => ({ ordinal, category: to, note }))).toEqual(corrections);
  const { rows } = await pool.query(
    'SELECT ordinal, why FROM classification WHERE batch_id = $1 AND ordinal IN (1, 2) ORDER BY 1',
    [batchId],
  );
  expect(rows).toEqual([
    { ordinal: 1, why: 'note 0' },
    { ordinal: 2, why: 'A person moved it here from noise.' },
  ]);
  expect((await readCheckpoint(BO, { batchId, chunk: 1 }))?.categories.map(({ count }) => count)).toEqual([0, 5_000, 5_000]);
});
