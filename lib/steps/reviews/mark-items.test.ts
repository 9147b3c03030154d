/** Marks of several people on items that others move, of any chunk. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { ChunkState } from '#lib/core/lifecycle.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { readStory } from '#lib/steps/items/read-story.ts';
import { db } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { whileHeld } from '#test/fixtures/interleave.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';
import { markItems } from './mark-items.ts';
import { readMarksNamed } from './marks-named.ts';
import { readAgreement } from './read-agreement.ts';

const { pool } = await testDatabase();

const PLAN = { categories: [{ name: 'noise' }, { name: 'keep' }, { name: 'later' }], receiptFields: ['subject'] };
const items = (count: number): SeedItem[] =>
  Array.from({ length: count }, (_, index) => ({ fields: { subject: `mail ${index}` }, category: 'noise' }));
const seed = (count: number, state: ChunkState = 'awaiting_review') =>
  seedBatch(pool, {
    plan: PLAN,
    chunks: [
      { state, items: items(count) },
      { state: 'awaiting_review', items: items(2) },
    ],
  });
const right = (...ordinals: number[]) => ordinals.map((ordinal) => ({ ordinal, right: true }));
const history = async (batchId: string) =>
  (await pool.query('SELECT ordinal, category, verdict, "by" FROM review WHERE batch_id = $1 ORDER BY id', [batchId])).rows;
const chunkOf = async (batchId: string) =>
  (await pool.query('SELECT revision, seq, manifest_digest, updated_at FROM chunk WHERE batch_id = $1 AND number = 1', [batchId]))
    .rows;

test('a mark is stored once with who gave it, and is taken back by whoever takes it back; the chunk stays as it is', async () => {
  const { batchId } = await seed(3);
  const before = await chunkOf(batchId);
  const of = { batchId, chunk: 1 };
  expect(await markItems(ADA, { ...of, reviews: right(1, 2) })).toMatchObject({
    ...{ marked: 2, moved: [], evidence: null },
    marks: [
      { ordinal: 1, category: 'noise', verdict: 'right' },
      { ordinal: 2, category: 'noise', verdict: 'right' },
    ],
  });
  // The same once more, and by another person: it stands already, and stays the first one's.
  expect((await markItems(ADA, { ...of, reviews: right(1) })).marked).toBe(0);
  expect((await markItems(BO, { ...of, reviews: right(2) })).marked).toBe(0);
  expect(await markItems(BO, { ...of, reviews: [{ ordinal: 2, right: null }] })).toMatchObject({ marked: 1, marks: [] });
  expect(
    (
      await markItems(BO, {
        ...of,
        reviews: [
          { ordinal: 2, right: null },
          { ordinal: 3, right: null },
        ],
      })
    ).marked,
  ).toBe(0);
  expect(await history(batchId)).toEqual([
    { ordinal: 1, category: 'noise', verdict: 'right', by: ADA.id },
    { ordinal: 2, category: 'noise', verdict: 'right', by: ADA.id },
    { ordinal: 2, category: 'noise', verdict: 'withdrawn', by: BO.id },
  ]);
  expect(await chunkOf(batchId)).toEqual(before);
});

test('two people mark the same item at once: one row', async () => {
  const { batchId } = await seed(1);
  const both = await Promise.all([ADA, BO].map((who) => markItems(who, { batchId, chunk: 1, reviews: right(1) })));
  expect(both.map(({ marked }) => marked).sort()).toEqual([0, 1]);
  expect(await history(batchId)).toHaveLength(1);
});

test('an item of another chunk, of no chunk, or given twice refuses all', async () => {
  const { batchId } = await seed(3);
  const mark = (reviews: { ordinal: number; right: true }[]) => markItems(BO, { batchId, chunk: 1, reviews });
  for (const stranger of [4, 99])
    await expect(
      mark([
        { ordinal: 1, right: true },
        { ordinal: stranger, right: true },
      ]),
    ).rejects.toMatchObject({
      ...{ code: 'invalid', message: `Item ${stranger} is not in chunk 1. Nothing was marked.` },
    });
  await expect(
    mark([
      { ordinal: 1, right: true },
      { ordinal: 1, right: true },
    ]),
  ).rejects.toThrow('One item is given twice.');
  await expect(mark([])).rejects.toThrow('Give at least one mark.');
  await expect(markItems(BO, { batchId, chunk: 3, reviews: right(1) })).rejects.toMatchObject({ code: 'not_found' });
  await expect(markItems(BO, { batchId: randomUUID(), chunk: 1, reviews: right(1) })).rejects.toMatchObject({
    code: 'not_found',
  });
  expect(await history(batchId)).toEqual([]);
});

test('a thousand at once, and not one more', async () => {
  const { batchId } = await seed(1_001);
  const all = right(...Array.from({ length: 1_001 }, (_, index) => index + 1));
  await expect(markItems(BO, { batchId, chunk: 1, reviews: all })).rejects.toThrow('At most 1,000 marks at a time.');
  const { marked, marks } = await markItems(BO, { batchId, chunk: 1, reviews: all.slice(1) });
  expect([marked, marks.length]).toEqual([1_000, 1_000]);
});

test('a mark of a category that the item has left meanwhile counts neither there nor where it is now', async () => {
  const { batchId } = await seed(2);
  const seen = [1, 2].map((ordinal) => ({ ordinal, right: true, category: 'noise' }));
  const marked = await whileHeld(
    pool,
    async (other) => {
      await other.query('SELECT FROM chunk WHERE batch_id = $1 AND number = 1 FOR UPDATE', [batchId]);
      await other.query(`UPDATE classification SET category = 'keep', "by" = $2 WHERE batch_id = $1 AND ordinal = 1`, [
        batchId,
        ADA.id,
      ]);
    },
    () => markItems(BO, { batchId, chunk: 1, reviews: seen }),
  );
  expect(marked).toMatchObject({
    ...{ marked: 1, moved: [{ ordinal: 1, category: 'keep' }] },
    marks: [{ ordinal: 2, category: 'noise', verdict: 'right' }],
  });
  expect((await history(batchId)).map(({ ordinal }) => ordinal)).toEqual([2]);
});

test('a mark lapses when its item is moved, counts again nowhere by itself, and can be given anew where it is', async () => {
  const { batchId } = await seed(2);
  const of = { batchId, chunk: 1 };
  const counts = async () =>
    [...(await readMarksNamed(db(), batchId, [1, 2]))].map(([ordinal, { category, verdict }]) => [ordinal, category, verdict]);
  await markItems(BO, { ...of, reviews: right(1, 2) });
  await correct(ADA, { ...of, corrections: [{ ordinal: 1, category: 'keep' }] });
  expect((await counts()).filter(([, , verdict]) => verdict === 'right')).toEqual([[2, 'noise', 'right']]);
  await markItems(BO, { ...of, reviews: right(1) });
  expect(await counts()).toEqual([
    [1, 'keep', 'right'],
    [2, 'noise', 'right'],
  ]);
});

test.each(['proposed', 'queued', 'classifying', 'halted', 'cancelled'] as const)(
  'a chunk that is %s, and of which nothing was decided, takes no mark',
  async (state) => {
    const { batchId } = await seedBatch(pool, { plan: PLAN, chunks: [{ state, items: items(1), decidedBy: null }] });
    await expect(markItems(BO, { batchId, chunk: 1, reviews: right(1) })).rejects.toMatchObject({ code: 'conflict' });
    expect(await history(batchId)).toEqual([]);
  },
);

test('a decided chunk takes marks without an end, also that an item is wrong; no category moves by it', async () => {
  for (const batchState of ['running', 'finished', 'cancelled'] as const) {
    const { batchId } = await seedBatch(pool, { plan: PLAN, state: batchState, chunks: [{ state: 'done', items: items(2) }] });
    const mark = (given: boolean | null) => markItems(BO, { batchId, chunk: 1, reviews: [{ ordinal: 1, right: given }] });
    expect((await mark(true)).marks).toMatchObject([{ verdict: 'right' }]);
    expect((await mark(false)).marks).toMatchObject([{ verdict: 'wrong', category: 'noise' }]);
    expect((await mark(null)).marks).toEqual([]);
    const { rows } = await pool.query('SELECT category FROM classification WHERE batch_id = $1', [batchId]);
    expect(rows).toEqual([{ category: 'noise' }, { category: 'noise' }]);
  }
});

test('before the decision, wrong comes only with a correction', async () => {
  const { batchId } = await seed(2);
  await expect(markItems(BO, { batchId, chunk: 1, reviews: [{ ordinal: 2, right: false }] })).rejects.toThrow(
    'Move item 2 to the category where it belongs',
  );
  expect(await history(batchId)).toEqual([]);
});

test('an auditor marks nothing', async () => {
  const { batchId } = await seed(1);
  const auditor: Actor = { id: `user:${randomUUID()}`, role: 'auditor', name: 'Au', via: 'page' };
  await expect(markItems(auditor, { batchId, chunk: 1, reviews: right(1) })).rejects.toMatchObject({ code: 'forbidden' });
});

test('agreement counts the last mark of each item, by chunk', async () => {
  const { batchId } = await seed(4);
  expect(await readAgreement(ADA, { batchId })).toEqual({ right: 0, wrong: 0, filed: 0, chunks: [] });
  await markItems(ADA, { batchId, chunk: 1, reviews: right(1, 2, 3) });
  await markItems(BO, { batchId, chunk: 1, reviews: [{ ordinal: 3, right: null }] });
  await correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'keep' }] });
  await markItems(BO, { batchId, chunk: 2, reviews: right(5) });
  expect(await readAgreement(ADA, { batchId })).toEqual({
    ...{ right: 2, wrong: 1, filed: 0 },
    chunks: [
      { number: 1, right: 1, wrong: 1, filed: 0 },
      { number: 2, right: 1, wrong: 0, filed: 0 },
    ],
  });
  // That it is right where a person put it is no word for whoever classified it.
  await markItems(BO, { batchId, chunk: 1, reviews: [{ ordinal: 2, right: true, category: 'keep' }] });
  expect(await readAgreement(ADA, { batchId })).toMatchObject({ right: 2, wrong: 1 });
  expect(await readAgreement(ADA, { batchId: randomUUID() })).toBeNull();
});

test('what was left unsure and is filed is nobody’s error, and still did not belong where it was', async () => {
  const { batchId } = await seed(4);
  await pool.query('UPDATE classification SET confidence = 0 WHERE batch_id = $1 AND ordinal IN (1, 2)', [batchId]);
  await correct(ADA, {
    batchId,
    chunk: 1,
    corrections: [
      { ordinal: 1, category: 'keep' },
      { ordinal: 3, category: 'keep' },
    ],
  });
  await markItems(ADA, { batchId, chunk: 1, reviews: right(2) });
  expect(await readAgreement(ADA, { batchId })).toMatchObject({ right: 0, wrong: 1, filed: 2 });
  const marks = await readMarksNamed(db(), batchId, [1, 2, 3]);
  expect([...marks].map(([ordinal, { verdict, filed }]) => [ordinal, verdict, filed]).sort()).toEqual([
    [1, 'wrong', true],
    [2, 'right', false],
    [3, 'wrong', false],
  ]);
  // Filed once, it is that person's: whoever moves it on corrects nobody but them.
  await correct(BO, { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'noise' }] });
  await correct(BO, { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'keep' }] });
  expect(await readAgreement(ADA, { batchId })).toMatchObject({ right: 0, wrong: 1, filed: 2 });
  const story = await readStory(ADA, { batchId, ordinal: 1 });
  expect(story?.lines.filter(({ kind }) => kind === 'marked' || kind === 'corrected')).toMatchObject([
    { kind: 'corrected', unsure: true, from: 'noise', to: 'keep' },
    { kind: 'corrected', unsure: false },
    { kind: 'corrected', unsure: false },
  ]);
});
