/** What people look for in a chunk: filtered, sorted by what values mean, counted, and moved all at once, while others move and mark. */
import { expect, test } from 'vitest';
import { CHUNK_SORT_ITEMS_MAX, FILTER_TEXT_CHARS_MAX } from '#lib/core/limits.ts';
import { certain } from '#lib/core/values/guess.ts';
import { type CorrectionBody, readReceipt } from '#lib/ledger/receipt.ts';
import type { ChunkItemsAsked } from '#lib/shapes/chunk-items.ts';
import { markItems } from '#lib/steps/reviews/mark-items.ts';
import { insertReading } from '#lib/store/datasets/readings.ts';
import { db } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { whileHeld } from '#test/fixtures/interleave.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';
import { chooseColumns } from './columns.ts';
import { correct } from './correct.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import { countChunkItems, readChunkItems } from './read-chunk-items.ts';
import { readReasons } from './read-reasons.ts';

const { pool } = await testDatabase();

const RULES = [
  { where: [[{ field: 'Status', is: 'is' as const, value: 'open' }]], category: 'noise', why: '', confidence: 0.9 },
  { where: [[{ field: 'Amount', is: 'over' as const, value: '100' }]], category: 'noise', why: '', confidence: 0.9 },
];
const PLAN = {
  version: 2 as const,
  classifier: { kind: 'rules' as const, rules: RULES, otherwise: 'keep' },
  categories: [{ name: 'noise' }, { name: 'keep' }, { name: 'later' }],
  receiptFields: ['Subject'],
};
const QUOTED = `O'Brien said "100 %_\\"; --`;
/** Subject, Status, Amount, category, why, confidence. */
const ROWS: [string, string, string | null, string, string, number][] = [
  ['a', 'open', '10', 'noise', 'Status is open', 0.9],
  ['b', 'open', '9,5', 'noise', 'Status is open', 0.9],
  ['c', QUOTED, 'n/a', 'noise', 'Amount is over 100', 0.9],
  ['d', 'open', null, 'noise', 'Status is open', 0.9],
  ['e', '', '1.234', 'noise', 'Amount is over 100', 0.9],
  ['f', 'closed', '-3', 'keep', 'no rule matched', 0.5],
];
const items = ROWS.map(
  ([Subject, Status, Amount, category, why, confidence]): SeedItem => ({
    ...{ fields: { Subject, Status, ...(Amount === null ? {} : { Amount }) }, category, why, confidence },
  }),
);
const seed = async () => {
  const columns = ['Subject', 'Status', 'Amount', 'Note'];
  const seeded = await seedBatch(pool, { plan: PLAN, columns, chunks: [{ state: 'awaiting_review', items }] });
  const number = { decimal: certain(',' as const), group: certain('.' as const) };
  const text = { label: '', type: certain('text' as const), date: null, number: null, unreadable: 0, examples: [] };
  const amount = { ...text, name: 'Amount', type: certain('number' as const), number };
  const body = { format: null, layout: {}, fields: [amount, { ...text, name: 'Subject' }] };
  await insertReading(db(), { datasetId: seeded.datasetId, revision: 1, body, createdBy: ADA.id });
  await pool.query('UPDATE batch SET reading_id = (SELECT id FROM dataset_reading WHERE dataset_id = $1) WHERE dataset_id = $1', [
    seeded.datasetId,
  ]);
  return { batchId: seeded.batchId, chunk: 1 };
};
type Of = { batchId: string; chunk: number };
const found = async (of: Of, asked: ChunkItemsAsked = {}) =>
  (await readChunkItems(BO, { ...of, ...asked }))?.items.map(({ ordinal }) => ordinal);
const counted = async (of: Of, query: ChunkItemsAsked) => {
  const set = await countChunkItems(BO, { ...of, ...query });
  if (!set) throw new Error('no chunk');
  return { query, ...set };
};
const categories = async ({ batchId }: Of) =>
  (await pool.query('SELECT category FROM classification WHERE batch_id = $1 ORDER BY ordinal', [batchId])).rows.map(
    ({ category }) => category,
  );

test('items are found by value, reason, confidence, who gave the category, mark and sample, all at once', async () => {
  const of = await seed();
  const is = (field: string, value: string) => ({ is: [{ field, value }] });
  expect(await found(of, { category: 'noise', ...is('Status', 'open') })).toEqual([1, 2, 4]);
  expect(await found(of, is('Status', QUOTED))).toEqual([3]);
  expect(await found(of, { search: '100 %_\\' })).toEqual([3]);
  expect(await found(of, is('Amount', ''))).toEqual([4]);
  expect(await found(of, { why: 'Amount is over 100', confidenceFrom: 0.9 })).toEqual([3, 5]);
  expect(await found(of, { confidenceBelow: 0.9 })).toEqual([6]);
  expect(await found(of, { sample: 'random', ...is('Status', 'closed') })).toEqual([6]);
  await markItems(BO, { ...of, reviews: [{ ordinal: 2, right: true }] });
  await correct(ADA, { ...of, corrections: [{ ordinal: 1, category: 'keep' }] });
  expect(await found(of, { mark: 'right' })).toEqual([2]);
  expect(await found(of, { mark: 'wrong' })).toEqual([1]);
  expect(await found(of, { mark: 'none', category: 'noise' })).toEqual([3, 4, 5]);
  expect(await found(of, { by: 'person' })).toEqual([1]);
  expect(await found(of, { by: 'classifier', category: 'keep' })).toEqual([6]);
  await markItems(BO, { ...of, reviews: [{ ordinal: 2, right: null }] });
  expect(await found(of, { mark: 'right' })).toEqual([]);
});

test('what nothing can hold, what is too long and a field that there is not are refused with words', async () => {
  const of = await seed();
  const is = (field: string, value: string) => ({ is: [{ field, value }] });
  const refused = (asked: ChunkItemsAsked) => expect(readChunkItems(BO, { ...of, ...asked })).rejects;
  await refused(is('Status', 'a\0b')).toMatchObject({ code: 'invalid', message: /NUL/ });
  await refused({ category: '\0' }).toMatchObject({ code: 'invalid', message: /NUL/ });
  await refused({ search: '\ud800' }).toMatchObject({ code: 'invalid', message: /half of a character/ });
  await refused(is('Status', 'x'.repeat(10 * 1024))).toMatchObject({ code: 'invalid', message: /2,000 characters/ });
  expect(await found(of, is('Status', "'".repeat(FILTER_TEXT_CHARS_MAX)))).toEqual([]);
  await refused(is('status', 'open')).toMatchObject({ code: 'invalid', message: /no field “status”/ });
  await refused({ sort: 'field.status' }).toMatchObject({ code: 'invalid', message: /no field “status”/ });
  await refused({ sort: 'Amount' }).toMatchObject({ code: 'invalid' });
  await expect(readChunkItems(BO, { ...of, sort: 'why', cursor: '1' })).rejects.toMatchObject({
    code: 'invalid',
    message: /cursor/,
  });
});

test('a sort goes by what values mean; what can’t be read and what is empty come last, in both orders', async () => {
  const of = await seed();
  expect(await found(of, { sort: 'field.Amount' })).toEqual([6, 2, 1, 5, 3, 4]);
  expect(await found(of, { sort: 'field.Amount', order: 'desc' })).toEqual([5, 1, 2, 6, 3, 4]);
  expect(await found(of, { sort: 'confidence' })).toEqual([6, 1, 2, 3, 4, 5]);
  expect(await found(of, { sort: 'why', category: 'noise' })).toEqual([3, 5, 1, 2, 4]);
});

test('a sorted list is read on where it was, whatever was moved in between', async () => {
  const of = await seed();
  const asked = { ...of, category: 'noise', sort: 'field.Amount', limit: 2 };
  const first = await readChunkItems(BO, asked);
  expect(first?.items.map(({ ordinal }) => ordinal)).toEqual([2, 1]);
  await correct(ADA, { ...of, corrections: [2, 1].map((ordinal) => ({ ordinal, category: 'keep' })) });
  const second = await readChunkItems(BO, { ...asked, cursor: first?.next });
  expect(second?.items.map(({ ordinal }) => ordinal)).toEqual([5, 3]);
  const third = await readChunkItems(BO, { ...asked, cursor: second?.next });
  expect([third?.items.map(({ ordinal }) => ordinal), third?.next]).toEqual([[4], null]);
});

test('more than can be sorted says so, and what is filtered of it can be', async () => {
  const many = Array.from(
    { length: CHUNK_SORT_ITEMS_MAX + 1 },
    (_, index): SeedItem => ({ fields: {}, category: index < 3 ? 'keep' : 'noise' }),
  );
  const { batchId } = await seedBatch(pool, {
    plan: PLAN,
    columns: ['Subject'],
    chunks: [{ state: 'awaiting_review', items: many }],
  });
  const of = { batchId, chunk: 1 };
  await expect(readChunkItems(BO, { ...of, sort: 'field.Subject' })).rejects.toMatchObject({
    code: 'too_large',
    message: /20,000/,
  });
  expect(await found(of, { sort: 'field.Subject', category: 'keep' })).toEqual([1, 2, 3]);
});

test('all that match are moved at once, with the receipts that a list of them would leave, and taken back as one', async () => {
  const of = await seed();
  const query = await counted(of, { category: 'noise', is: [{ field: 'Status', value: 'open' }] });
  expect(query.count).toBe(3);
  const moved = await correct(BO, { ...of, corrections: { ...query, category: 'later', note: 'all of them' } });
  expect(moved).toMatchObject({ revision: 2, changed: 3, counts: { noise: 2, keep: 1, later: 3 } });
  const { rows } = await pool.query('SELECT body FROM receipt WHERE batch_id = $1 ORDER BY seq', [of.batchId]);
  expect(rows.map(({ body }) => readReceipt(body) as CorrectionBody)).toMatchObject([
    {
      kind: 'correction',
      from: 'noise',
      to: 'later',
      ordinals: [
        [1, 2],
        [4, 4],
      ],
      count: 3,
      how: 'selection',
      revision: 2,
      by: BO.id,
    },
  ]);
  expect(await found(of, { mark: 'wrong' })).toEqual([1, 2, 4]);
  // What that correction moved, as it still lies: the same items.
  const back = { query: { revision: 2 }, count: query.count, set: query.set, category: 'noise' };
  expect(await correct(BO, { ...of, corrections: back })).toMatchObject({
    revision: 3,
    changed: 3,
    counts: { noise: 5, keep: 1 },
  });
  expect(await found(of, { mark: 'wrong' })).toEqual([]);
  await expect(correct(BO, { ...of, corrections: back })).rejects.toMatchObject({ code: 'stale' });
});

test('a move of all that match is refused once somebody else moved one of them, or marked another in its place', async () => {
  const of = await seed();
  const query = await counted(of, { category: 'noise', why: 'Status is open' });
  await correct(ADA, { ...of, corrections: [{ ordinal: 2, category: 'keep' }] });
  const asked = { ...of, corrections: { ...query, category: 'later' } };
  await expect(correct(BO, asked)).rejects.toMatchObject({
    ...{ code: 'stale', message: '2 items match now; when they were selected it was 3. Nothing was moved.', facts: { count: 2 } },
  });
  // What somebody does to others of the chunk is no reason.
  const rest = await counted(of, { category: 'noise', why: 'Status is open' });
  await correct(ADA, { ...of, corrections: [{ ordinal: 6, category: 'later' }] });
  expect(await correct(BO, { ...of, corrections: { ...rest, category: 'later' } })).toMatchObject({ changed: 2, revision: 4 });
  // As many, and not the same.
  await markItems(ADA, { ...of, reviews: [{ ordinal: 3, right: true }] });
  const unmarked = await counted(of, { category: 'noise', mark: 'none' });
  await markItems(ADA, {
    ...of,
    reviews: [
      { ordinal: 3, right: null },
      { ordinal: 5, right: true },
    ],
  });
  await expect(correct(BO, { ...of, corrections: { ...unmarked, category: 'later' } })).rejects.toMatchObject({
    ...{ code: 'stale', message: /but not the same ones/ },
  });
  expect(await categories(of)).toEqual(['later', 'keep', 'noise', 'later', 'noise', 'later']);
});

test('of two people who move the same at once, the second hears that it was moved', async () => {
  const of = await seed();
  const query = await counted(of, { category: 'noise' });
  const moving = whileHeld(
    pool,
    async (other) => {
      await other.query('UPDATE chunk SET revision = 2, corrected = 1 WHERE batch_id = $1', [of.batchId]);
      await other.query(`UPDATE classification SET category = 'keep', "by" = $2 WHERE batch_id = $1 AND ordinal = 2`, [
        of.batchId,
        ADA.id,
      ]);
    },
    () => correct(BO, { ...of, corrections: { ...query, category: 'later' } }),
  );
  await expect(moving).rejects.toMatchObject({ code: 'stale' });
  expect(await categories(of)).toEqual(['noise', 'keep', 'noise', 'noise', 'noise', 'keep']);
});

test('a move of all that match wants a category of the plan, and a chunk that is in review', async () => {
  const of = await seed();
  const query = await counted(of, { category: 'noise' });
  await expect(correct(BO, { ...of, corrections: { ...query, category: 'nowhere' } })).rejects.toMatchObject({ code: 'invalid' });
  await pool.query("UPDATE chunk SET state = 'closed' WHERE batch_id = $1", [of.batchId]);
  await expect(correct(BO, { ...of, corrections: { ...query, category: 'later' } })).rejects.toMatchObject({ code: 'conflict' });
});

test('what decided is listed by its rule, and its fields are the first columns, until somebody chooses others', async () => {
  const of = await seed();
  expect(await readReasons(BO, of)).toEqual({
    items: [
      { why: 'Status is open', count: 3, categories: { noise: 3 }, rule: 'Rule 1' },
      { why: 'Amount is over 100', count: 2, categories: { noise: 2 }, rule: 'Rule 2' },
      { why: 'no rule matched', count: 1, categories: { keep: 1 }, rule: null },
    ],
    more: false,
  });
  expect((await readChunkItems(BO, { ...of, why: 'Amount is over 100' }))?.items[0]?.rule).toBe('Rule 2');
  const columns = async (actor: typeof BO) => (await readCheckpoint(actor, of))?.columns;
  expect(await columns(BO)).toEqual({
    fields: [
      { name: 'Status', type: 'text', from: 'rule' },
      { name: 'Amount', type: 'number', from: 'rule' },
      { name: 'Subject', type: 'text', from: 'receipt' },
      { name: 'Note', type: 'text', from: null },
    ],
    chosen: null,
  });
  await chooseColumns(BO, { batchId: of.batchId, fields: ['Note', 'Amount'] });
  const another = await seed();
  expect((await readCheckpoint(BO, another))?.columns.chosen).toEqual(['Note', 'Amount']);
  expect((await columns(ADA))?.chosen).toBeNull();
  await expect(chooseColumns(BO, { batchId: of.batchId, fields: ['note'] })).rejects.toMatchObject({ code: 'invalid' });
  await chooseColumns(BO, { batchId: of.batchId, fields: null });
  expect((await columns(BO))?.chosen).toBeNull();
});
