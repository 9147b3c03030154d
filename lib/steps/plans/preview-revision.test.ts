/** What other rules would change, and what is like a corrected item: over real rows, with a budget. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { CountersignError } from '#lib/core/errors.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { findAlike } from '#lib/steps/checkpoints/find-alike.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { countChunkItems } from '#lib/steps/checkpoints/read-chunk-items.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO, chunkStates, workUntil } from '#test/fixtures/started-batch.ts';
import { previewRevision } from './preview-revision.ts';
import { readRevisions } from './read-revisions.ts';
import { reviseRules } from './revise-rules.ts';

const { pool } = await testDatabase();

const SHOPS = { where: [[{ field: 'from', is: 'ends_with', value: '@shop.x' }]], category: 'noise', why: '', confidence: 0.9 };
const KEEP_BO = { where: [[{ field: 'from', is: 'is', value: 'bo@firm.y' }]], category: 'keep' };
const PLAN: PlanInput = {
  ...{ version: 2, classifier: { kind: 'rules', rules: [SHOPS], otherwise: 'noise' } as never },
  categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
  ...{ chunking: { by: 'size', maxItems: 50 }, receiptFields: ['subject'] },
};

const mail = (subject: string, from: string): SeedItem => ({
  ...{ fields: { subject, from, body: 'x' }, category: 'noise', by: 'rules', confidence: 0.9 },
  ...(from.endsWith('@shop.x') ? { why: 'from ends with @shop.x', part: 0 } : { why: 'no rule matched', part: -1 }),
});
const mails = (count: number, from: string, subject = 'Weekly deals'): SeedItem[] =>
  Array.from({ length: count }, (_, index) => mail(`${subject} ${index}`, from));
const bare = (all: SeedItem[]): SeedItem[] => all.map(({ fields }) => ({ fields }));

const seed = () =>
  seedBatch(pool, {
    plan: PLAN,
    chunks: [
      { state: 'awaiting_review', items: [...mails(4, 'bo@firm.y', 'Your invoice'), ...mails(20, 'deals@shop.x')] },
      { state: 'awaiting_review', items: [...mails(1, 'bo@firm.y', 'Lunch'), ...mails(5, 'deals@shop.x')] },
      { state: 'approved', items: mails(3, 'bo@firm.y') },
      { state: 'proposed', items: bare([...mails(7, 'bo@firm.y', 'Your invoice'), ...mails(2, 'x@y.z', 'Hello')]) },
    ],
  });

test('per chunk that awaits its review: what would go from where to where, and nothing of what people corrected', async () => {
  const { batchId } = await seed();
  await correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'keep' }] });
  const change = { revision: 1, rules: [KEEP_BO, SHOPS], chunks: [2] };
  const told = await previewRevision(BO, { batchId, change });
  expect(told).toMatchObject({ revision: 1, looked: 30, left: { chunks: 0, items: 0 }, toCome: { chunks: 1, items: 9 } });
  expect(told.chunks).toMatchObject([
    { number: 2, items: 6, looked: 6, corrected: 0, moves: [{ from: 'noise', to: 'keep', count: 1 }] },
    { number: 1, items: 24, looked: 24, corrected: 1, moves: [{ from: 'noise', to: 'keep', count: 3 }] },
  ]);
  expect(told.moves).toMatchObject([{ count: 4, examples: [{ line: 'Lunch 0' }, { line: 'Your invoice 1' }, {}] }]);
  // Nothing was done.
  expect((await readRevisions(BO, { batchId }))?.items).toHaveLength(1);
  // What was shown is what happens.
  await reviseRules(BO, { batchId, change: { ...change, chunks: [1, 2], from: { chunk: 1, ordinal: 1 }, note: 'Bo.' } });
  await workUntil(pool, async () => (await chunkStates(pool, batchId)).slice(0, 2).every((state) => state === 'awaiting_review'));
  expect((await readCheckpoint(BO, { batchId, chunk: 1 }))?.categories.map(({ count }) => count)).toEqual([20, 4]);
  expect((await readCheckpoint(BO, { batchId, chunk: 2 }))?.categories.map(({ count }) => count)).toEqual([5, 1]);
  const page = await readRevisions(BO, { batchId, limit: 1 });
  expect(page).toMatchObject({
    items: [{ revision: 2, note: 'Bo.', from: { chunk: 1, ordinal: 1 }, editor: 'rules' }],
    next: '2',
  });
  expect(await readRevisions(BO, { batchId, cursor: page?.next })).toMatchObject({ items: [{ revision: 1 }], next: null });
});

test('a rule that is too slow is refused by its number, in time', async () => {
  const { batchId } = await seed();
  const ten = '[0,1,2,3,4,5,6,7,8,9]';
  const slow = `${Array.from({ length: 9 }, (_, n) => `${ten}.all(v${n}, `).join('')}item.from != 'q'${')'.repeat(9)}`;
  const error = await previewRevision(BO, { batchId, change: { revision: 1, rules: [{ when: slow, category: 'keep' }] } }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CountersignError);
  expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining('Rule 1') });
});

test('what is like a corrected item: the same sender, the same words, the same rule, here and to come', async () => {
  const { batchId } = await seed();
  await correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'keep' }] });
  const told = await findAlike(BO, { batchId, chunk: 1, ordinals: [1], from: 'noise', to: 'keep' });
  expect(told.compared).toEqual({ here: 23, toCome: 9, itemsToCome: 9 });
  const bySender = told.grounds.find(({ kind }) => kind === 'field');
  expect(bySender).toMatchObject({ field: 'from', value: 'bo@firm.y', ordinals: [2, 3, 4], toCome: 7 });
  expect(bySender?.rule).toMatchObject({ where: [[{ field: 'from', is: 'is', value: 'bo@firm.y' }]], category: 'keep' });
  expect(told.grounds.find(({ kind }) => kind === 'words')).toMatchObject({
    ...{ field: 'subject', value: 'your invoice', ordinals: [2, 3, 4], toCome: 7 },
    rule: { where: [[{ field: 'subject', is: 'contains', value: 'Your invoice' }]] },
  });
  const shop = await findAlike(BO, { batchId, chunk: 2, ordinals: [26, 27], from: 'noise', to: 'keep' });
  expect(shop.grounds.find(({ kind }) => kind === 'rule')).toMatchObject({
    value: 'Rule 1',
    ordinals: [28, 29, 30],
    toCome: null,
  });
  // Of an item that is like no other nothing is offered.
  expect((await findAlike(BO, { batchId, chunk: 2, ordinals: [25], from: 'noise', to: 'keep' })).grounds).toMatchObject([
    { kind: 'field', toCome: 7, ordinals: [] },
  ]);
});

test('what several items have in common is looked for over all of them, whether they are named or moved by a query', async () => {
  const shop = (from: string, subject: string, count: number, part = 0): SeedItem[] =>
    mails(count, from, subject).map((one) => ({
      ...one,
      part,
      fields: { ...one.fields, body: `${subject} ${from} ${one.fields.subject}` },
    }));
  const { batchId } = await seedBatch(pool, {
    plan: PLAN,
    chunks: [
      {
        state: 'awaiting_review',
        items: [
          ...shop('a@shop.x', 'Weekly deals', 60),
          ...shop('b@shop.x', 'Weekly deals', 5),
          ...shop('c@shop.x', 'Hello', 5),
          ...shop('d@firm.y', 'Other', 2, -1),
        ],
      },
    ],
  });
  const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
  const like = async (ordinals: number[]) => findAlike(BO, { batchId, chunk: 1, ordinals, from: 'noise', to: 'keep' });
  const kinds = ({ grounds }: Awaited<ReturnType<typeof like>>) => grounds.map(({ kind, field }) => [kind, field]);
  // Fifty-one of one sender are alike in all; the one of another sender behind them has the same words and the same rule only; then the rule is left; then nothing.
  expect(kinds(await like(upTo(51)))).toEqual([
    ['field', 'from'],
    ['words', 'subject'],
    ['rule', null],
  ]);
  expect(kinds(await like([...upTo(55), 61]))).toEqual([
    ['words', 'subject'],
    ['rule', null],
  ]);
  const ofRule = await like([...upTo(55), 61, 66]);
  expect(ofRule).toMatchObject({ of: { items: 57, compared: 57, first: 1 }, grounds: [{ kind: 'rule', value: 'Rule 1' }] });
  expect(ofRule.grounds[0]?.ordinals).toHaveLength(13);
  expect(kinds(await like([...upTo(55), 61, 66, 71]))).toEqual([]);

  const query = { is: [{ field: 'from', value: 'b@shop.x' }] };
  const set = await countChunkItems(BO, { batchId, chunk: 1, ...query });
  if (!set) throw new Error('There is no such chunk.');
  const { revision } = await correct(ADA, { batchId, chunk: 1, corrections: { query, ...set, category: 'keep' } });
  const moved = await findAlike(BO, { batchId, chunk: 1, revision, from: 'noise', to: 'keep' });
  expect(moved.of).toEqual({ items: 5, compared: 5, first: 61 });
  // Of the words most of the category has the same: they say nothing.
  expect(moved.grounds.map(({ kind, ordinals }) => [kind, ordinals.length])).toEqual([['rule', 65]]);
  const both = findAlike(BO, { batchId, chunk: 1, revision, ordinals: [1], from: 'noise', to: 'keep' });
  await expect(both).rejects.toThrow('Give either `ordinals` or `revision`.');
});

test('after a revision the items whose marks still fit leave the population, what the rules moved is asked about again, and the count begins anew', async () => {
  const { batchId } = await seedBatch(pool, {
    plan: PLAN,
    chunks: [{ state: 'awaiting_review', items: [...mails(30, 'deals@shop.x'), ...mails(10, 'bo@firm.y')] }],
  });
  const own = randomBytes(32);
  await pool.query('UPDATE batch SET seed = $2 WHERE id = $1', [batchId, own]);
  await pool.query('UPDATE chunk SET seed = $2 WHERE batch_id = $1', [batchId, own]);
  const before = await readCheckpoint(BO, { batchId, chunk: 1 });
  const looked = before?.evidence?.next.slice(0, 12) ?? [];
  await pool.query(
    `INSERT INTO review (batch_id, ordinal, category, verdict, "by") SELECT $1, o, 'noise', 'right', $3 FROM unnest($2::int[]) o`,
    [batchId, looked, BO.id],
  );
  expect((await readCheckpoint(BO, { batchId, chunk: 1 }))?.evidence?.batch.noise).toMatchObject({ population: 40, looks: 12 });
  await reviseRules(BO, { batchId, change: { revision: 1, rules: [KEEP_BO, SHOPS], chunks: [1] } });
  await workUntil(pool, async () => (await chunkStates(pool, batchId))[0] === 'awaiting_review');
  const shops = looked.filter((ordinal) => ordinal <= 30).length;
  const after = (await readCheckpoint(BO, { batchId, chunk: 1 }))?.evidence;
  expect(after?.batch.noise).toMatchObject({ population: 30 - shops, looks: 0, wrong: 0 });
  expect(after?.batch.keep).toMatchObject({ population: 10, looks: 0 });
  expect(after?.next.filter((ordinal) => ordinal <= 30 && looked.includes(ordinal))).toEqual([]);
  expect(after?.next).toHaveLength(40 - shops);
});
