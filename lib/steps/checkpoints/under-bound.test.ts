/** Approvals of what nobody saw, the hostile way: too few looks, chunks chosen by what the looks found, plans that ask more, an undo. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { randomSample } from '#lib/core/checkpoints/sampling.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { type DecisionBody, readReceipt } from '#lib/ledger/receipt.ts';
import { testDatabase } from '#test/database.ts';
import { type SeededBatch, type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO, chunkStates } from '#test/fixtures/started-batch.ts';
import { correct } from './correct.ts';
import { type DecideInput, decide } from './decide.ts';
import { previewDecision } from './preview-decision.ts';
import { readBatchLooks } from './read-batch-looks.ts';
import { readCheckpoint } from './read-checkpoint.ts';
import { readReleases } from './read-releases.ts';

const { pool } = await testDatabase();

type Body = Extract<DecisionBody, { v: 2 }>;
type Drawn = SeededBatch & { seed: Buffer };

const items = (count: number, category = 'archive'): SeedItem[] =>
  Array.from({ length: count }, (_, index) => ({ fields: { subject: `${category} ${index}` }, category }));

/** One draw in a hundred is so lucky that a bound of 95 % does not hold over it: the same ones are drawn each time. */
let draws = 0;

/** Chunks in review of a batch with one draw. */
async function drawn(chunks: SeedItem[][], plan: Partial<PlanInput> = {}): Promise<Drawn> {
  const batch = await seedBatch(pool, {
    plan: {
      classifier: { kind: 'rules', rules: [], otherwise: 'keep' },
      categories: [{ name: 'archive', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
      receiptFields: ['subject'],
      ...plan,
    },
    chunks: chunks.map((own) => ({ state: 'awaiting_review' as const, items: own })),
  });
  const seed = createHash('sha256').update(`under bound ${draws++}`).digest();
  await pool.query('UPDATE batch SET seed = $2 WHERE id = $1', [batch.batchId, seed]);
  await pool.query('UPDATE chunk SET seed = $2 WHERE batch_id = $1', [batch.batchId, seed]);
  return { ...batch, seed };
}

const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function mark({ batchId }: SeededBatch, ordinals: readonly number[], verdict = 'right'): Promise<void> {
  await pool.query(
    `INSERT INTO review (batch_id, ordinal, category, verdict, "by") SELECT $1, o, 'archive', $3, $4 FROM unnest($2::int[]) o`,
    [batchId, ordinals, verdict, BO.id],
  );
}

async function asked({ batchId }: SeededBatch, numbers: readonly number[]): Promise<DecideInput['chunks']> {
  return Promise.all(
    numbers.map(async (number) => {
      const view = await readCheckpoint(ADA, { batchId, chunk: number });
      return { number, digest: view?.digest ?? '', revision: view?.revision ?? 0 };
    }),
  );
}

const approve = async (batch: SeededBatch, numbers: readonly number[], more: Partial<DecideInput> = {}) =>
  decide(ADA, { batchId: batch.batchId, chunks: await asked(batch, numbers), next: true, execute: true, ...more });

async function receipts({ batchId }: SeededBatch): Promise<Body[]> {
  const { rows } = await pool.query<{ body: Buffer }>(
    `SELECT body FROM receipt WHERE batch_id = $1 AND kind = 'decision' ORDER BY chunk, seq`,
    [batchId],
  );
  return rows.map(({ body }) => readReceipt(body) as Body);
}

test('what nobody saw is approved on the looks over the batch, once they prove the share, and the receipt says on what', async () => {
  const batch = await drawn([items(60), items(60), items(60)]);
  const numbers = [1, 2, 3];
  await expect(approve(batch, numbers)).rejects.toMatchObject({ code: 'invalid', facts: { unseen: ['archive'] } });
  const order = randomSample(batch.seed, span(1, 180), 180);
  await mark(batch, order.slice(0, 40));
  await expect(approve(batch, numbers, { atMost: 0.05 })).rejects.toThrow(
    /Chunk 1: nobody looked at any item of “archive”.*archive: looked at 40, 0 wrong: at most 15 of 180 may be wrong, and this approval asks for at most 9\. \d+ more looks/,
  );
  const before = await previewDecision(ADA, { batchId: batch.batchId });
  const more = before?.bound?.[0]?.more ?? 0;
  expect(before).toMatchObject({
    items: 180,
    whole: true,
    share: 0.02,
    bound: [{ category: 'archive', looks: 40, wrong: 0, met: false }],
  });
  // What is to be looked at next lies in all chunks, in the order of the draw.
  const looks = await readBatchLooks(ADA, { batchId: batch.batchId });
  expect(looks?.items.map(({ ordinal }) => ordinal)).toEqual(order.slice(40, 40 + more));
  expect(looks?.items.every(({ ordinal, chunk }) => chunk === Math.ceil(ordinal / 60))).toBe(true);
  await mark(batch, order.slice(40, 40 + more - 1));
  await expect(approve(batch, numbers, { atMost: 0.02 })).rejects.toThrow('1 more look');
  await mark(batch, order.slice(40 + more - 1, 40 + more));
  expect((await readBatchLooks(ADA, { batchId: batch.batchId }))?.items).toEqual([]);
  expect((await previewDecision(ADA, { batchId: batch.batchId }))?.bound).toMatchObject([{ met: true, more: 0 }]);
  expect(await approve(batch, numbers, { atMost: 0.02 })).toMatchObject({ decided: numbers, dropped: [] });
  const reviewed = { population: 180, looks: 40 + more, wrong: 0 };
  expect(await receipts(batch)).toMatchObject(
    numbers.map((chunk) => ({
      ...{ chunk, seenCount: 0, overrides: [], override: null },
      ...{ reviews: { archive: reviewed }, evidence: { over: 'batch', demanded: 0.02, met: true } },
    })),
  );
});

test('who leaves out the chunk in which the looks found something is held to what they found', async () => {
  const batch = await drawn([items(100), items(100), items(100)]);
  const order = randomSample(batch.seed, span(1, 300), 300);
  const looked = order.slice(0, 200);
  const bad = looked.filter((ordinal) => ordinal <= 100);
  // Of the third part of the batch all was wrong; of the others nothing.
  await mark(batch, bad, 'wrong');
  await mark(
    batch,
    looked.filter((ordinal) => ordinal > 100),
  );
  await expect(approve(batch, [2, 3], { atMost: 0.05 })).rejects.toThrow(/at most \d+ of the other \d+ may be wrong/);
  // With a sample of each on the screen it is a decision as before.
  const seen = new Map([
    [2, [101]],
    [3, [201]],
  ]);
  const chunks = (await asked(batch, [2, 3])).map((one) => ({ ...one, seen: seen.get(one.number) ?? [] }));
  expect(await approve(batch, [2, 3], { chunks, atMost: 0.05 })).toMatchObject({ decided: [2, 3] });
  expect(await receipts(batch)).toMatchObject([
    { seenCount: 1, overrides: [], evidence: { demanded: null, met: null } },
    { seenCount: 1, overrides: [], evidence: { demanded: null, met: null } },
  ]);
});

test('a reason goes past it, and is told as one; a plan that asks of each chunk has no such ground', async () => {
  const batch = await drawn([items(30), items(30)]);
  await approve(batch, [1, 2], { atMost: 0.02, override: 'the same list as last week' });
  expect((await receipts(batch)).map(({ overrides }) => overrides)).toEqual([['unseen'], ['unseen']]);
  const strict = await drawn([items(30), items(30)], { gates: { evidence: { atMost: 0.05, over: 'chunk' } } });
  await mark(strict, span(1, 60));
  await expect(approve(strict, [1, 2], { atMost: 0.05 })).rejects.toThrow('Nothing over the batch says how many are wrong');
  await expect(decide(ADA, { batchId: batch.batchId, chunks: [], next: true, atMost: 0.02 })).rejects.toMatchObject({
    code: 'invalid',
  });
});

test('a chunk that changes between the look and the press drops out by name, and the rest is decided; when all do, nothing is', async () => {
  const batch = await drawn([items(20), items(20), items(20)]);
  await mark(batch, span(1, 60));
  const chunks = await asked(batch, [1, 2, 3]);
  await correct(BO, { batchId: batch.batchId, chunk: 2, corrections: [{ ordinal: 25, category: 'keep' }] });
  const press = { batchId: batch.batchId, next: true, execute: true, atMost: 0.05 };
  expect(await decide(ADA, { ...press, chunks })).toMatchObject({
    decided: [1, 3],
    dropped: [{ number: 2, why: expect.stringMatching(/moved 1 item to keep/) }],
  });
  await expect(decide(ADA, { ...press, chunks: chunks.slice(1, 2) })).rejects.toMatchObject({ code: 'stale' });
  expect((await chunkStates(pool, batch.batchId))[1]).toBe('awaiting_review');
  // Its preview says so too, before anybody presses.
  expect(await previewDecision(ADA, { batchId: batch.batchId, chunks: [1, 2] })).toMatchObject({
    whole: true,
    chunks: [{ number: 2, revision: 2 }],
    left: [{ number: 1, why: expect.stringContaining('Chunk 1 is') }],
    categories: [
      { name: 'archive', count: 19 },
      { name: 'keep', count: 1 },
    ],
  });
});

test('of two people with overlapping selections each chunk is decided once, and the second is told which were not theirs', async () => {
  const batch = await drawn(Array.from({ length: 6 }, () => items(10)));
  await mark(batch, span(1, 60));
  const chunks = await asked(batch, [1, 2, 3, 4, 5, 6]);
  const press = { batchId: batch.batchId, next: true, execute: true, atMost: 0.05 };
  const [ada, bo] = await Promise.all([
    decide(ADA, { ...press, chunks: chunks.slice(0, 4) }),
    decide(BO, { ...press, chunks: chunks.slice(2) }),
  ]);
  expect([...ada.decided, ...bo.decided].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...ada.dropped, ...bo.dropped].map(({ number }) => number)).toEqual([3, 4]);
  // Each has a release of its own, which waits for its first actions.
  const offered = (await readReleases(ADA, { batchId: batch.batchId }))?.items ?? [];
  expect(offered.flatMap(({ chunks: own }) => own)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(offered.map(({ done, receipts: first }) => [done, first])).toEqual([
    [false, []],
    [false, []],
  ]);
  const { chunk = 0, digest = '' } = offered[0] ?? {};
  const release = { batchId: batch.batchId, chunks: [{ number: chunk, digest }], release: true };
  await expect(decide(ADA, release)).rejects.toThrow('are not done yet');
});

test('an undo is approved over all of its chunks without a sample, and a chunk of it that was cancelled meanwhile drops out', async () => {
  const original = await drawn([items(5)]);
  const batch = await drawn([items(10), items(10), items(10)]);
  await pool.query('UPDATE batch SET undoes = $2, seed = NULL WHERE id = $1', [batch.batchId, original.batchId]);
  const chunks = await asked(batch, [1, 2, 3]);
  const preview = await previewDecision(ADA, { batchId: batch.batchId });
  expect(preview).toMatchObject({ undo: true, bound: null, samples: [], items: 30, unproven: [] });
  await pool.query(`UPDATE chunk SET state = 'cancelled' WHERE id = $1`, [batch.chunks[1]?.id]);
  expect(await decide(ADA, { batchId: batch.batchId, chunks, next: true, execute: true })).toMatchObject({
    decided: [1, 3],
    dropped: [{ number: 2 }],
  });
  expect(await receipts(batch)).toMatchObject([
    { seenCount: 0, overrides: [], override: null, reviews: {} },
    { seenCount: 0, overrides: [], override: null, reviews: {} },
  ]);
});

test('more than one decision covers is refused before anything is counted', async () => {
  const batch = await drawn([items(1), items(1)]);
  await pool.query('UPDATE chunk SET item_count = 3000000 WHERE batch_id = $1', [batch.batchId]);
  await expect(previewDecision(ADA, { batchId: batch.batchId })).rejects.toThrow(
    'These 2 chunks have 6,000,000 items together, and one decision covers at most 5,000,000.',
  );
  await expect(previewDecision(ADA, { batchId: batch.batchId, chunks: [1, 99] })).rejects.toMatchObject({ code: 'not_found' });
});

test.each([
  ['archive', 'archive: every item of it was marked before the rules changed'],
  ['keep', 'archive: looked at 0, 0 wrong: at most 25 of 25 may be wrong'],
])(
  'what the looks over the batch say nothing of is not approved by them: items that were all marked as %s before the rules changed',
  async (category, says) => {
    const batch = await drawn([items(25)]);
    const { batchId } = batch;
    // Each was right in that category. Then the rules were revised.
    await pool.query(
      `INSERT INTO review (batch_id, ordinal, category, verdict, "by") SELECT $1, o, $3, 'right', $2 FROM generate_series(1, 25) o`,
      [batchId, BO.id, category],
    );
    await pool.query(
      `INSERT INTO batch_plan (batch_id, revision, plan, digest, seq, reviews, "by", via)
     SELECT id, 2, plan, plan_digest, 1, (SELECT max(id) FROM review), $2, 'page' FROM batch WHERE id = $1`,
      [batchId, BO.id],
    );
    await pool.query('UPDATE chunk SET plan_revision = 2 WHERE batch_id = $1', [batchId]);
    expect((await previewDecision(ADA, { batchId }))?.ungrounded).toMatchObject([expect.stringContaining(says)]);
    await expect(approve(batch, [1], { atMost: 0.02 })).rejects.toThrow(says);
    expect(await chunkStates(pool, batchId)).toEqual(['awaiting_review']);
    // To look at one of them is enough, as ever.
    expect(
      await decide(ADA, { batchId, chunks: (await asked(batch, [1])).map((on) => ({ ...on, seen: [1] })), execute: true }),
    ).toMatchObject({
      decided: [1],
    });
  },
);
