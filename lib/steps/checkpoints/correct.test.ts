/** Corrections by several people at once, and of many items at once. */
import { expect, test } from 'vitest';
import { CATEGORY_NAME_CHARS_MAX, CORRECTION_RANGES_MAX } from '#lib/core/limits.ts';
import { commitment } from '#lib/ledger/canonical.ts';
import { type CorrectionBody, readReceipt, sealReceipt } from '#lib/ledger/receipt.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { whileHeld } from '#test/fixtures/interleave.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { correct } from './correct.ts';
import { decide } from './decide.ts';
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
  // As many as REST takes at once; one statement carries them, however many.
  const count = atSize(1_000, 10_000);
  const { batchId } = await seed(count);
  const corrections = Array.from({ length: count }, (_, index) => ({
    ...{ ordinal: index + 1, category: index % 2 === 0 ? 'keep' : 'later', note: index % 3 === 0 ? `note ${index}` : null },
  }));
  expect(await correct(BO, { batchId, chunk: 1, corrections })).toMatchObject({
    ...{ revision: 2, changed: count, counts: { keep: count / 2, later: count / 2 } },
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
  expect((await readCheckpoint(BO, { batchId, chunk: 1 }))?.categories.map((one) => one.count)).toEqual([
    0,
    count / 2,
    count / 2,
  ]);
});

type Stored = {
  seq: number;
  ordinal: number | null;
  step: number | null;
  body: Buffer;
  value: string | null;
  salt: Buffer | null;
};
const receiptsOf = async (batchId: string) => {
  const { rows } = await pool.query<Stored>(
    `SELECT r.seq, r.ordinal, r.step, r.body, v.value, v.salt FROM receipt r
     LEFT JOIN receipt_value v ON v.batch_id = r.batch_id AND v.chunk = r.chunk AND v.seq = r.seq AND v.field = 'note'
     WHERE r.batch_id = $1 AND r.chunk = 1 ORDER BY r.seq`,
    [batchId],
  );
  return rows.map((row) => ({ ...row, body: readReceipt(row.body) as CorrectionBody }));
};
const marks = async (batchId: string) =>
  (await pool.query('SELECT ordinal, category, verdict, "by" FROM review WHERE batch_id = $1 ORDER BY id', [batchId])).rows;

test('each pair of categories of a call leaves one receipt, and each correction names its own', async () => {
  const { batchId } = await seed(8);
  const to = (category: string, ...ordinals: number[]) => ordinals.map((ordinal) => ({ ordinal, category }));
  await correct(BO, { batchId, chunk: 1, corrections: [...to('keep', 5, 1, 2), ...to('later', 7)], how: 'like' });
  await correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'later', note: ' no answer since May ' }] });
  const [kept, later, moved, ...others] = await receiptsOf(batchId);
  expect(others).toEqual([]);
  expect(kept?.body).toMatchObject({
    ...{
      kind: 'correction',
      chunk: 1,
      revision: 2,
      from: 'noise',
      to: 'keep',
      ordinals: [
        [1, 2],
        [5, 5],
      ],
      count: 3,
    },
    ...{ how: 'like', note: null, by: BO.id, via: 'page' },
  });
  expect(later?.body).toMatchObject({ revision: 2, to: 'later', ordinals: [[7, 7]], count: 1 });
  expect(moved?.body).toMatchObject({ revision: 3, from: 'keep', to: 'later', how: 'item', by: ADA.id });
  expect(moved?.value).toBe('no answer since May');
  expect(moved?.body.note).toBe(commitment(moved?.salt as Buffer, 'no answer since May'));
  for (const one of [kept, later, moved]) expect([one?.ordinal, one?.step]).toEqual([null, null]);
  const { rows } = await pool.query(
    'SELECT ordinal, chunk, seq, revision FROM correction WHERE batch_id = $1 ORDER BY seq, ordinal',
    [batchId],
  );
  expect(rows).toEqual([
    { ordinal: 1, chunk: 1, seq: 1, revision: 2 },
    { ordinal: 2, chunk: 1, seq: 1, revision: 2 },
    { ordinal: 5, chunk: 1, seq: 1, revision: 2 },
    { ordinal: 7, chunk: 1, seq: 2, revision: 2 },
    { ordinal: 1, chunk: 1, seq: 3, revision: 3 },
  ]);
  const { rows: chunk } = await pool.query('SELECT seq, revision, corrected FROM chunk WHERE batch_id = $1', [batchId]);
  expect(chunk).toEqual([{ seq: 3, revision: 3, corrected: 5 }]);
  await checkSums();
  expect((await readBatch(ADA, { batchId }))?.sum).toMatchObject({ addsUp: true, checked: { receipts: 3, of: 3 } });
});

test('more ranges than a receipt holds go on in a further one, also between the longest names', async () => {
  const count = atSize(2_100, 5_000);
  const [from, to] = ['字'.repeat(CATEGORY_NAME_CHARS_MAX - 1), '文'.repeat(CATEGORY_NAME_CHARS_MAX)];
  const { batchId } = await seedBatch(pool, {
    plan: { categories: [{ name: from }, { name: to }], classifier: { kind: 'rules', rules: [], otherwise: from } },
    chunks: [{ state: 'awaiting_review', items: Array.from({ length: 2 * count }, () => ({ fields: {}, category: from })) }],
  });
  const corrections = Array.from({ length: count }, (_, index) => ({ ordinal: 2 * index + 1, category: to }));
  await correct(BO, { batchId, chunk: 1, corrections });
  const stored = await receiptsOf(batchId);
  expect(stored.map(({ body }) => [body.count, body.ordinals.length, body.how])).toEqual([
    ...Array.from({ length: Math.floor(count / 2_000) }, () => [2_000, 2_000, 'selection']),
    [count % 2_000, count % 2_000, 'selection'],
  ]);
  expect(stored.flatMap(({ body }) => body.ordinals.map(([first]) => first))).toEqual(corrections.map(({ ordinal }) => ordinal));
  const widest = Array.from({ length: CORRECTION_RANGES_MAX }, () => [2_147_483_647, 2_147_483_647] as [number, number]);
  expect(() =>
    sealReceipt({ ...(stored[0]?.body as CorrectionBody), from: '\u0001'.repeat(CATEGORY_NAME_CHARS_MAX), ordinals: widest }),
  ).not.toThrow();
});

test('what a classifier gave and a person moves away was wrong; moved back, it was not; what a person gave is no classifier’s fault', async () => {
  const { batchId } = await seed(3);
  const to = (by: typeof ADA, category: string) => correct(by, { batchId, chunk: 1, corrections: [{ ordinal: 2, category }] });
  const mark = (category: string, verdict: string, by: typeof ADA) => ({ ordinal: 2, category, verdict, by: by.id });
  await to(BO, 'keep');
  await to(ADA, 'later');
  expect(await marks(batchId)).toEqual([mark('noise', 'wrong', BO)]);
  await to(ADA, 'noise');
  expect(await marks(batchId)).toEqual([mark('noise', 'wrong', BO), mark('noise', 'withdrawn', ADA)]);
  await to(BO, 'keep');
  expect((await marks(batchId)).slice(2)).toEqual([mark('noise', 'wrong', BO)]);
});

test('a decision on what was on the screen before a correction is refused, and leaves no receipt', async () => {
  const { batchId, ...batch } = await seed(3);
  const digest = (await readCheckpoint(BO, { batchId, chunk: 1 }))?.digest ?? '';
  const corrected = await correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'keep' }] });
  const decided = (on: string, revision: number) =>
    decide(BO, { batchId, chunks: [{ number: 1, digest: on, revision, seen: [1, 2] }], execute: true });
  await expect(decided(digest, 1)).rejects.toMatchObject({ code: 'stale' });
  expect((await receiptsOf(batchId)).map(({ body }) => body.kind)).toEqual(['correction']);
  await decided(corrected.digest ?? '', 2);
  await expect(correct(ADA, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'later' }] })).rejects.toMatchObject({
    code: 'conflict',
  });
  expect((await receiptsOf(batchId)).map(({ seq, body }) => [seq, body.kind])).toEqual([
    [1, 'correction'],
    [2, 'decision'],
  ]);
  expect(batch.chunks).toHaveLength(1);
});

test.each([
  ['NUL', 'a\0b'],
  ['half of a character', 'a\ud800b'],
])('a note with %s is refused before anything is changed', async (_what, note) => {
  const { batchId } = await seed(1);
  const asked = { batchId, chunk: 1, corrections: [{ ordinal: 1, category: 'keep', note }] };
  await expect(correct(BO, asked)).rejects.toMatchObject({ code: 'invalid' });
  expect(await receiptsOf(batchId)).toEqual([]);
});
