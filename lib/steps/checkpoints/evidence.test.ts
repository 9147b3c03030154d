/** Evidence over real tables, the hostile way: marks out of order, errors moved out of sight, other chunks, other categories, marks taken back. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { randomSample } from '#lib/core/checkpoints/sampling.ts';
import { leastAtMost } from '#lib/core/evidence/bound.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { marksDigest } from '#lib/ledger/receipt.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { markItems } from '#lib/steps/reviews/mark-items.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { lockChunks } from '#lib/store/chunks/chunks.sql.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedChunk, type SeededBatch, type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { correct } from './correct.ts';
import { type Covered, coverChunks } from './cover.ts';
import { decide } from './decide.ts';
import { readCheckpoint } from './read-checkpoint.ts';

const { pool } = await testDatabase();

const CATEGORIES: PlanInput['categories'] = [
  { name: 'archive', action: { connector: 'shelf', do: 'archive' } },
  { name: 'task', action: { connector: 'task', do: 'create', with: { title: '{{subject}}' } } },
  { name: 'keep' },
];
const EVERYTHING_WRONG: PlanInput['gates'] = { evidence: { atMost: 0.02 } };

const items = (count: number, category: string): SeedItem[] =>
  Array.from({ length: count }, (_, index) => ({ fields: { subject: `${category} ${index}` }, category }));

type Drawn = SeededBatch & { seed: Buffer };

/** One draw in a hundred is so lucky that a bound of 95 % does not hold over it: the same ones are drawn each time. */
let draws = 0;

/** Chunks in review, or in the states that are given, of a batch that is drawn with one seed. */
async function drawn(chunks: (SeedItem[] | SeedChunk)[], plan: Partial<PlanInput> = {}): Promise<Drawn> {
  const batch = await seedBatch(pool, {
    plan: {
      classifier: { kind: 'rules', rules: [], otherwise: 'keep' },
      ...{ categories: CATEGORIES, receiptFields: ['subject'], ...plan },
    },
    chunks: chunks.map((chunk) => (Array.isArray(chunk) ? { state: 'awaiting_review' as const, items: chunk } : chunk)),
  });
  const seed = createHash('sha256').update(`evidence ${draws++}`).digest();
  await pool.query('UPDATE batch SET seed = $2 WHERE id = $1', [batch.batchId, seed]);
  await pool.query('UPDATE chunk SET seed = $2 WHERE batch_id = $1', [batch.batchId, seed]);
  return { ...batch, seed };
}

const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

async function mark(batch: Drawn, category: string, ordinals: readonly number[], verdict = 'right'): Promise<void> {
  await pool.query(
    'INSERT INTO review (batch_id, ordinal, category, verdict, "by") SELECT $1, o, $3, $4, $5 FROM unnest($2::int[]) o',
    [...[batch.batchId, ordinals, category, verdict, BO.id]],
  );
}

async function checkpoint(batch: Drawn, chunk = 1) {
  const view = await readCheckpoint(ADA, { batchId: batch.batchId, chunk });
  if (!view?.evidence) throw new Error('There is no evidence.');
  return { ...view, evidence: view.evidence };
}

const approve = async (batch: Drawn, numbers: readonly number[] = [1], override: string | null = null, actor = ADA) =>
  decide(actor, { batchId: batch.batchId, chunks: await asked(batch, numbers), next: true, execute: true, override });

/** All of a chunk, as it is now. */
async function asked(batch: Drawn, numbers: readonly number[]) {
  return Promise.all(
    numbers.map(async (number) => {
      const chunkId = batch.chunks[number - 1]?.id ?? '';
      const { digest } = await buildManifest(pool, { ...batch, chunkId }, requestBuilder);
      const { rows } = await pool.query<{ revision: number; seen: number[] }>(
        'SELECT revision, (SELECT array_agg(ordinal) FROM classification WHERE chunk_id = id) AS seen FROM chunk WHERE id = $1',
        [chunkId],
      );
      const [{ revision, seen } = { revision: 0, seen: [] }] = rows;
      return { number, digest, revision, seen };
    }),
  );
}

/** What a decision would cover, without making it. */
async function covered(batch: Drawn, numbers: readonly number[], override: string | null = null): Promise<Covered[]> {
  const chunks = await asked(batch, numbers);
  class Looked extends Error {}
  let found: Covered[] = [];
  const looking = inTransaction(pool, async (tx) => {
    const row = await readBatchRow(tx, batch.batchId);
    const locked = await lockChunks(tx, batch.batchId, [...numbers]);
    const answers = { next: true, execute: true, sendBack: false, close: false, release: false, override };
    const decisionId = '00000000-0000-4000-8000-000000000000';
    if (!row) throw new Error('No batch.');
    await tx.query(
      `INSERT INTO decision (id, batch_id, root, answers, "by", via) VALUES ($1, $2, sha256(''), '{}', $3, 'page')`,
      [...[decisionId, batch.batchId, ADA.id]],
    );
    const on = chunks.map((one, index) => ({ row: locked[index] as (typeof locked)[number], on: one }));
    found = (await coverChunks(tx, { decisionId, batch: row, actor: ADA, answers }, on, locked)).covered;
    throw new Looked();
  });
  await looking.catch((error: unknown) => {
    if (!(error instanceof Looked)) throw error;
  });
  return found;
}

test('what was left unsure and was filed counts in the bound as what did not belong there, and is told apart', async () => {
  const batch = await drawn([items(20, 'archive')]);
  const [first = 0, second = 0, third = 0] = randomSample(batch.seed, span(1, 20), 3);
  await pool.query('UPDATE classification SET confidence = 0 WHERE batch_id = $1 AND ordinal = $2', [batch.batchId, first]);
  const corrections = [first, second].map((ordinal) => ({ ordinal, category: 'keep' }));
  await correct(ADA, { batchId: batch.batchId, chunk: 1, corrections });
  await markItems(BO, { batchId: batch.batchId, chunk: 1, reviews: [{ ordinal: third, right: true }] });
  expect((await checkpoint(batch)).evidence.chunk.archive).toMatchObject({ population: 20, looks: 3, wrong: 2, filed: 1 });
});

test('a mark of a key is kept and told apart, and is no look; that of a person behind it is; where the plan lets keys sign, a key looks', async () => {
  const KEY: Actor = { ...ADA, id: 'key:env', name: 'API key', via: 'api' };
  const give = (batch: Drawn, actor: Actor, ordinals: readonly number[], right: boolean | null = true) =>
    markItems(actor, { batchId: batch.batchId, chunk: 1, reviews: ordinals.map((ordinal) => ({ ordinal, right })) });
  const looks = async (batch: Drawn) => (await checkpoint(batch)).evidence.chunk.archive?.looks;
  const demanding = { gates: { evidence: { atMost: 0.5 } } } as Partial<PlanInput>;
  const batch = await drawn([items(20, 'archive')], demanding);
  const order = randomSample(batch.seed, span(1, 20), 20);
  expect(await give(batch, KEY, order)).toMatchObject({ marked: 20, evidence: { chunk: { archive: { looks: 0, atMost: 20 } } } });
  expect((await checkpoint(batch)).evidence).toMatchObject({ unmarked: ['archive'], demands: [{ met: false }] });
  await expect(approve(batch)).rejects.toMatchObject({ code: 'invalid' });

  // A person looks at the first ten; what a key says afterwards, of the same or against it, takes no look away.
  expect(await give(batch, BO, order.slice(0, 10))).toMatchObject({ marked: 10 });
  expect(await looks(batch)).toBe(10);
  expect(await give(batch, BO, order.slice(0, 10))).toMatchObject({ marked: 0 });
  await give(batch, KEY, order.slice(0, 3), null);
  expect(await looks(batch)).toBe(10);
  expect(await give(batch, BO, order.slice(9, 10), null)).toMatchObject({ marked: 1 });
  expect(await looks(batch)).toBe(9);
  // The digest of the receipt has every mark that stands, whoever gave it.
  const stand = order.slice(3).filter((ordinal) => ordinal !== order[9]);
  const [{ review } = { review: null }] = await covered(batch, [1], 'a test');
  expect(review?.marks).toBe(marksDigest(stand.map((ordinal) => ({ ordinal, category: 'archive', verdict: 'right' }))));

  const own = await drawn([items(20, 'archive')], { gates: { evidence: { atMost: 0.5 }, keysMaySign: true } });
  await give(own, KEY, randomSample(own.seed, span(1, 20), 15));
  expect(await looks(own)).toBe(15);
});

test('marks in the order of the draw are looks, and what was picked is none before its turn', async () => {
  const batch = await drawn([[...items(60, 'archive'), ...items(20, 'keep')]]);
  const order = randomSample(batch.seed, span(1, 60), 60);
  const before = await checkpoint(batch);
  expect(before.evidence.chunk).toEqual({
    archive: { population: 60, looks: 0, wrong: 0, filed: 0, atMost: 60, looksFor: { '0.01': 60, '0.02': 54, '0.05': 39 } },
    keep: { population: 20, looks: 0, wrong: 0, filed: 0, atMost: 20, looksFor: { '0.01': 20, '0.02': 20, '0.05': 18 } },
  });
  expect(before.evidence).toMatchObject({ demands: [], unmarked: [], exempt: false, elsewhere: 0 });
  // Those that the page shows; more are drawn as the looks go on.
  expect(before.evidence.next.filter((ordinal) => ordinal <= 60)).toEqual(order.slice(0, 40));
  await mark(batch, 'archive', order.slice(5));
  expect((await checkpoint(batch)).evidence.batch.archive).toMatchObject({ looks: 0, atMost: 60 });
  await mark(batch, 'archive', order.slice(0, 4));
  const some = (await checkpoint(batch)).evidence;
  expect(some.batch.archive).toMatchObject({
    looks: 4,
    wrong: 0,
    atMost: leastAtMost({ population: 60, looks: 4, wrongAt: [] }),
  });
  expect(some.next.filter((ordinal) => ordinal <= 60)).toEqual([order[4]]);
  await mark(batch, 'archive', order.slice(4, 5));
  expect((await checkpoint(batch)).evidence.chunk.archive).toEqual({
    ...{ population: 60, looks: 60, wrong: 0, filed: 0, atMost: 0, looksFor: { '0.01': 0, '0.02': 0, '0.05': 0 } },
  });
  await mark(batch, 'archive', order.slice(10, 11), 'withdrawn');
  expect((await checkpoint(batch)).evidence.chunk.archive).toMatchObject({ looks: 10 });
});

test('errors that were moved out leave no zero behind, and what is moved back does not either', async () => {
  const batch = await drawn([items(60, 'archive')]);
  const order = randomSample(batch.seed, span(1, 60), 60);
  const [first, second] = order as [number, number];
  const move = async (ordinal: number, category: string) =>
    correct(ADA, { batchId: batch.batchId, chunk: 1, corrections: [{ ordinal, category }] });
  await move(first, 'keep');
  await move(second, 'task');
  await mark(batch, 'archive', order.slice(2, 20));
  const { chunk } = (await checkpoint(batch)).evidence;
  expect(chunk.archive).toMatchObject({ population: 60, looks: 20, wrong: 2, looksFor: { '0.01': null, '0.02': null } });
  expect(chunk.archive?.atMost).toBeGreaterThan(2);
  expect(chunk.keep).toMatchObject({ population: 1, looks: 0 });
  // Back again it is not wrong any more, and not looked at before somebody says that it is right.
  await move(first, 'archive');
  expect((await checkpoint(batch)).evidence.chunk.archive).toMatchObject({ population: 60, looks: 0 });
  await mark(batch, 'archive', [first]);
  expect((await checkpoint(batch)).evidence.chunk.archive).toMatchObject({ population: 60, looks: 20, wrong: 1 });
  // No classifier ever kept it.
  expect((await checkpoint(batch)).evidence.chunk).not.toHaveProperty('keep');
});

test('a mark as right lapses when its item is moved by anything else', async () => {
  const batch = await drawn([items(10, 'archive')]);
  const order = randomSample(batch.seed, span(1, 10), 10);
  await mark(batch, 'archive', order.slice(0, 3));
  await pool.query(`UPDATE classification SET category = 'keep' WHERE batch_id = $1 AND ordinal = $2`, [batch.batchId, order[0]]);
  await pool.query('UPDATE chunk SET revision = revision + 1 WHERE batch_id = $1', [batch.batchId]);
  expect((await checkpoint(batch)).evidence.chunk).toMatchObject({
    archive: { population: 9, looks: 2, wrong: 0 },
    keep: { population: 1, looks: 0, wrong: 0 },
  });
});

test('the pool is of decided chunks and this one: what is marked elsewhere waits, and gaps elsewhere are told', async () => {
  const batch = await drawn([
    { state: 'done', items: items(40, 'archive') },
    { state: 'closed', items: items(20, 'archive') },
    items(40, 'archive'),
    items(40, 'archive'),
  ]);
  const order = randomSample(batch.seed, span(1, 100), 100);
  const own = order.filter((ordinal) => ordinal > 60);
  // The last chunk is not decided and not asked about.
  await mark(batch, 'archive', span(101, 140));
  await mark(batch, 'archive', own);
  const firstElsewhere = order.findIndex((ordinal) => ordinal <= 60);
  const { evidence } = await checkpoint(batch, 3);
  expect(evidence.batch.archive).toMatchObject({ population: 100, looks: firstElsewhere });
  expect(evidence.chunk.archive).toMatchObject({ population: 40, looks: 40, atMost: 0 });
  expect(evidence.next).toEqual([]);
  expect(evidence.elsewhere).toBe(order.slice(0, order.indexOf(own.at(-1) ?? 0)).filter((ordinal) => ordinal <= 60).length);
  await mark(batch, 'archive', order.slice(0, 30));
  const more = (await checkpoint(batch, 3)).evidence.batch.archive;
  expect(more?.looks).toBeGreaterThanOrEqual(30);
  expect((await checkpoint(batch, 4)).evidence.batch.archive?.population).toBe(100);
  const told = await readBatch(ADA, { batchId: batch.batchId });
  expect(told?.evidence?.archive).toMatchObject({ population: 60 });
  // A decided chunk is still marked, and still says what comes next.
  const decided = (await checkpoint(batch, 1)).evidence;
  expect(decided.batch.archive?.population).toBe(60);
  expect(decided.next).toEqual(order.slice(30).filter((ordinal) => ordinal <= 40));
  expect(decided.demands).toEqual([]);
});

test('of a large chunk the looks are counted beyond what was drawn at first', async () => {
  // Drawn are 40, then 256, then four times as many.
  const [count, looks, wrong] = atSize([420, 300, 200], [1_500, 1_100, 700]) as [number, number, number];
  const batch = await drawn([[...items(count, 'archive'), ...items(10, 'keep')]]);
  const order = randomSample(batch.seed, span(1, count), count);
  await mark(batch, 'archive', order.slice(0, looks));
  await mark(batch, 'archive', order.slice(wrong, wrong + 3), 'wrong');
  const { evidence } = await checkpoint(batch);
  expect(evidence.chunk.archive).toMatchObject({
    ...{ population: count, looks, wrong: 3 },
    atMost: leastAtMost({ population: count, looks, wrongAt: [wrong + 1, wrong + 2, wrong + 3] }),
  });
  expect(evidence.next.filter((ordinal) => ordinal <= count)).toEqual(order.slice(looks, looks + 100));
});

test('a demand blocks until it is met, or somebody says why not', async () => {
  const gates: PlanInput['gates'] = { evidence: { atMost: 0.02, over: 'batch' } };
  const batch = await drawn([[...items(200, 'archive'), ...items(1, 'task'), ...items(30, 'keep')]], { gates });
  const order = randomSample(batch.seed, span(1, 200), 200);
  await mark(batch, 'archive', order.slice(0, 40));
  const { evidence } = await checkpoint(batch);
  const needed = evidence.batch.archive?.looksFor['0.02'] as number;
  expect(evidence.demands).toEqual([
    { category: 'archive', over: 'batch', demanded: 0.02, met: false, looks: needed },
    { category: 'task', over: 'batch', demanded: 0.02, met: false, looks: 1 },
  ]);
  expect(evidence.unmarked).toEqual(['task']);
  await expect(approve(batch)).rejects.toMatchObject({
    code: 'invalid',
    message: `Chunk 1: archive: looked at 40, 0 wrong: at most ${evidence.batch.archive?.atMost} of 200 may be wrong, and the plan asks for at most 4. ${needed} more looks, if none is wrong, are enough. task: looked at 0, 0 wrong: at most 1 of 1 may be wrong, and the plan asks for at most 0. 1 more look, if it is not wrong, is enough. Or approve it without, and say why (override). Nothing was approved.`,
    facts: { evidence: [{ category: 'archive' }, { category: 'task' }] },
  });
  const [overridden] = await covered(batch, [1], 'Nobody else is here.');
  expect(overridden?.overrides).toEqual(['unmarked', 'evidence']);
  expect(overridden?.review?.evidence).toEqual({ over: 'batch', demanded: 0.02, met: false });
  await mark(batch, 'archive', order.slice(40, 40 + needed));
  await mark(batch, 'task', [201]);
  const [proven] = await covered(batch, [1], 'An override that nothing needs.');
  expect(proven?.overrides).toEqual([]);
  expect(proven?.review).toMatchObject({
    reviews: {
      archive: { population: 200, looks: 40 + needed, wrong: 0, atMost: 4 },
      task: { population: 1, looks: 1, wrong: 0, atMost: 0 },
    },
    marks: marksDigest([
      ...order.slice(0, 40 + needed).map((ordinal) => ({ ordinal, category: 'archive', verdict: 'right' as const })),
      { ordinal: 201, category: 'task', verdict: 'right' },
    ]),
    evidence: { met: true },
  });
  expect(await approve(batch)).toMatchObject({ decided: [1] });
  await expect(approve(batch)).rejects.toMatchObject({ code: 'conflict' });
});

test('what was found wrong is put right, so the rest is held to the demand: a small category is proven by looking at it', async () => {
  const batch = await drawn([[...items(3, 'archive'), ...items(3, 'keep')]], { gates: EVERYTHING_WRONG });
  await correct(ADA, { batchId: batch.batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'keep' }] });
  await mark(batch, 'archive', [2], 'wrong');
  await mark(batch, 'archive', [1]);
  await expect(approve(batch)).rejects.toThrow('archive: looked at');
  await mark(batch, 'archive', [3]);
  expect((await checkpoint(batch)).evidence.demands).toMatchObject([{ met: true, looks: 0 }]);
  expect(await approve(batch)).toMatchObject({ decided: [1] });
});

test('over the batch the chunks of one decision prove together what none proves alone, and over the chunk they do not', async () => {
  const gates = (over: 'batch' | 'chunk'): PlanInput['gates'] => ({ next: 'parallel', evidence: { atMost: 0.1, over } });
  const chunks = () => [items(60, 'archive'), items(60, 'archive'), items(60, 'archive')];
  const [together, alone] = [await drawn(chunks(), { gates: gates('batch') }), await drawn(chunks(), { gates: gates('chunk') })];
  await mark(together, 'archive', randomSample(together.seed, span(1, 180), 60));
  // As many by themselves that none is proven, however the draw falls.
  for (const from of [1, 61, 121]) await mark(alone, 'archive', randomSample(alone.seed, span(from, from + 59), 15));
  expect((await covered(together, [1, 2, 3])).map(({ overrides, review }) => [overrides, review?.evidence.met])).toEqual(
    [1, 2, 3].map(() => [[], true]),
  );
  expect((await checkpoint(together, 2)).evidence.demands).toMatchObject([{ over: 'batch' }]);
  await expect(approve(alone, [1, 2, 3])).rejects.toThrow(/Chunk 1: archive: looked at 15, 0 wrong: at most \d+ of 60/);
  const over = await covered(alone, [1, 2, 3], 'In a hurry.');
  expect(over.map(({ overrides }) => overrides)).toEqual([['evidence'], ['evidence'], ['evidence']]);
  expect(over[0]?.review?.reviews.archive?.population).toBe(60);
});

test('a pilot’s own decision asks for no bound and says so; the chunk behind it is held to what both prove', async () => {
  const batch = await drawn([items(60, 'archive'), items(60, 'archive')], {
    gates: { next: 'pilot', evidence: { atMost: 0.05 } },
  });
  await pool.query('UPDATE batch SET pilot = 1 WHERE id = $1', [batch.batchId]);
  expect((await checkpoint(batch)).evidence).toMatchObject({ exempt: true, demands: [], unmarked: ['archive'] });
  await expect(approve(batch)).rejects.toMatchObject({ code: 'invalid', facts: { unmarked: ['archive'] } });
  await mark(batch, 'archive', [1]);
  const [pilot] = await covered(batch, [1]);
  expect(pilot?.review?.evidence).toEqual({ over: 'batch', demanded: 0.05, met: null });
  await approve(batch);
  expect((await checkpoint(batch, 2)).evidence).toMatchObject({ exempt: false, demands: [{ met: false }] });
  await mark(batch, 'archive', [61]);
  await expect(approve(batch, [2])).rejects.toThrow('of 120 may be wrong');
});

test('where an effect is permanent a mark is needed, and in no other category', async () => {
  const categories: PlanInput['categories'] = [
    ...(CATEGORIES as NonNullable<PlanInput['categories']>),
    { name: 'delete', action: { connector: 'http', do: 'DELETE', with: { url: 'https://crm.example/{{subject}}' } } },
  ];
  const batch = await drawn([[...items(10, 'archive'), ...items(10, 'delete')], items(10, 'delete')], {
    categories,
    gates: { next: 'parallel' },
  });
  expect((await checkpoint(batch)).evidence.unmarked).toEqual(['delete']);
  await mark(batch, 'archive', [1]);
  await expect(approve(batch)).rejects.toMatchObject({
    code: 'invalid',
    message:
      'Chunk 1: nobody marked any item of “delete”. Mark one of each as right, or correct it; or approve without, and say why (override). Nothing was approved.',
  });
  expect((await covered(batch, [1], 'By the phone.'))[0]?.overrides).toEqual(['unmarked']);
  // One mark in the chunks of the decision is enough for all of them.
  await mark(batch, 'delete', [25]);
  expect((await covered(batch, [1, 2])).map(({ overrides }) => overrides)).toEqual([[], []]);
  await expect(approve(batch, [1])).rejects.toMatchObject({ facts: { unmarked: ['delete'] } });
  await mark(batch, 'delete', [25], 'withdrawn');
  await expect(approve(batch, [1, 2])).rejects.toMatchObject({ facts: { unmarked: ['delete'] } });
});

test('with two signatures each judges at its own moment', async () => {
  const batch = await drawn([items(5, 'archive')], { gates: { approvals: 2, ...EVERYTHING_WRONG } });
  await pool.query('UPDATE batch SET started_by = created_by WHERE id = $1', [batch.batchId]);
  await mark(batch, 'archive', span(1, 5));
  await approve(batch, [1], null, ADA);
  await mark(batch, 'archive', [3], 'withdrawn');
  await expect(approve(batch, [1], null, BO)).rejects.toThrow(/archive: looked at \d, 0 wrong/);
  await mark(batch, 'archive', [3]);
  expect(await approve(batch, [1], null, BO)).toMatchObject({ decided: [1] });
});

test('a batch from before has no bound, and its decisions are as they were', async () => {
  const batch = await drawn([items(10, 'archive')]);
  await pool.query('UPDATE batch SET seed = NULL WHERE id = $1', [batch.batchId]);
  await mark(batch, 'archive', [1]);
  const view = await readCheckpoint(ADA, { batchId: batch.batchId, chunk: 1 });
  expect(view?.evidence).toBeNull();
  expect((await readBatch(ADA, { batchId: batch.batchId }))?.evidence).toBeNull();
  const decided = await decide(ADA, {
    ...{ batchId: batch.batchId, execute: true },
    chunks: [{ number: 1, digest: view?.digest ?? '', seen: [1] }],
  });
  expect(decided.decided).toEqual([1]);
});
