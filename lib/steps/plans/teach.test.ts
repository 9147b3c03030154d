/** From a table and decisions to a batch that goes by them, against the database. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type ExamplesPart, taughtOf, withTaught } from '#lib/classifiers/examples/part.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, chunkStates, workUntil } from '#test/fixtures/started-batch.ts';
import { previewBatch } from './preview-batch.ts';
import { previewRevision } from './preview-revision.ts';
import { readLessons } from './read-lessons.ts';
import { reviseRules } from './revise-rules.ts';
import { teach } from './teach.ts';

const { pool } = await testDatabase();

const ROWS = 240;
const KINDS = {
  billing: ['refund', 'invoice', 'card', 'charged', 'receipt'],
  trouble: ['crash', 'error', 'login', 'frozen', 'slow'],
};
const isOf = (ordinal: number): 'billing' | 'trouble' => ((ordinal * 7) % 3 === 0 ? 'trouble' : 'billing');

let made = 0;

/** Row n is `n, three words of its kind and its number`. Of the same id in each run: what is asked about is drawn by it, and one draw in many would be half a word wiser. */
async function tickets(): Promise<string> {
  async function* source() {
    const line = (n: number) => {
      const words = KINDS[isOf(n)];
      return `${n},please look at ${words[n % 5]} and ${words[(n * 3 + 1) % 5]} thanks ${n % 11}`;
    };
    yield Buffer.from(`id,text\n${Array.from({ length: ROWS }, (_, at) => line(at + 1)).join('\n')}\n`);
  }
  made += 1;
  const id = `00000000-0000-4000-8000-00000000000${made}`;
  return (await uploadDataset(ADA, { name: `${randomUUID()}.csv`, source: source() }, { id })).id;
}

const planOf = (classifier: ExamplesPart): PlanInput => ({
  version: 2,
  classifier,
  categories: [{ name: 'billing' }, { name: 'trouble' }, { name: 'unsure' }],
  chunking: { by: 'size', maxItems: 80 },
  gates: { next: 'parallel' },
});

async function taughtUntil(datasetId: string, rounds: number): Promise<ExamplesPart> {
  let part: ExamplesPart = { kind: 'examples', taught: [], otherwise: 'unsure', sure: 0.6 };
  for (let round = 0; round < rounds; round++) {
    const { items } = await teach(ADA, { datasetId, classifier: part });
    part = withTaught(part, datasetId, new Map(items.map(({ ordinal }) => [ordinal, isOf(ordinal)])));
  }
  return part;
}

test('a person teaches round by round, and the batch goes by it: what they decided stays theirs, and the rest says what it is like', async () => {
  const datasetId = await tickets();
  const first = await teach(ADA, { datasetId, classifier: { kind: 'examples', otherwise: 'unsure' } });
  expect(first).toMatchObject({ taught: 0, right: null, categories: [], rest: { items: ROWS, unsure: ROWS, exact: true } });
  expect(first.items).toHaveLength(20);
  expect(first.items[0]?.fields.text).toMatch(/^please look at /);

  const part = await taughtUntil(datasetId, 3);
  const told = await teach(ADA, { datasetId, classifier: part, most: 5 });
  expect(told).toMatchObject({ taught: 60, rest: { items: ROWS - 60 } });
  expect(told.items).toHaveLength(5);
  expect(told.right?.right).toBe(told.right?.of);

  const { plan, sort } = await previewBatch(ADA, { datasetId, plan: planOf(part) });
  const digest = (plan.classifier as ExamplesPart).learned;
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(sort.categories.map(({ count }) => count).reduce((sum, count) => sum + count, 0)).toBe(ROWS);

  const { id } = await createBatch(ADA, { datasetId, name: 'Taught', plan: planOf(part), start: true });
  await workUntil(pool, async () => (await chunkStates(pool, id)).every((state) => state === 'awaiting_review'));
  const { rows } = await pool.query<{ ordinal: number; category: string; why: string; confidence: number; by: string }>(
    'SELECT ordinal, category, why, confidence, "by" FROM classification WHERE batch_id = $1 ORDER BY ordinal',
    [id],
  );
  expect(rows).toHaveLength(ROWS);
  const own = taughtOf(part, datasetId);
  for (const { ordinal, ...one } of rows.filter((row) => own.has(row.ordinal)))
    expect([ordinal, one]).toEqual([
      ordinal,
      { category: isOf(ordinal), why: 'Filed while teaching.', confidence: 1, by: ADA.id },
    ]);
  const rest = rows.filter(({ ordinal }) => !own.has(ordinal));
  expect(rest.every(({ by }) => by === 'examples')).toBe(true);
  expect(rest.filter(({ ordinal, category }) => category === isOf(ordinal)).length / rest.length).toBeGreaterThan(0.95);
  expect(rest.filter(({ why }) => /^Like items \d+ and \d+, filed as (billing|trouble)\.$/.test(why)).length).toBeGreaterThan(
    100,
  );
  const { rows: looks } = await pool.query('SELECT FROM review WHERE batch_id = $1', [id]);
  expect(looks).toEqual([]);
  const { rows: stored } = await pool.query<{ digest: string }>(
    "SELECT plan -> 'classifier' ->> 'learned' AS digest FROM batch WHERE id = $1",
    [id],
  );
  expect(stored[0]?.digest).toBe(digest);
});

test('where too little was taught, nothing is filed: all waits, unsure, with confidence 0', async () => {
  const datasetId = await tickets();
  const items = { billing: [1, 2, 4], trouble: [3, 6] };
  const plan = planOf({ kind: 'examples', taught: [{ dataset: datasetId, items }], otherwise: 'unsure', sure: 0.6 });
  const { id } = await createBatch(ADA, { datasetId, name: 'Hardly taught', plan, start: true });
  await workUntil(pool, async () => (await chunkStates(pool, id)).every((state) => state === 'awaiting_review'));
  const { rows } = await pool.query(
    'SELECT category, confidence, why, count(*)::int AS items FROM classification WHERE batch_id = $1 GROUP BY 1, 2, 3 ORDER BY 4 DESC',
    [id],
  );
  expect(rows[0]).toEqual({ category: 'unsure', confidence: 0, why: 'Too little was taught to tell.', items: ROWS - 5 });
});

test('what was learned and can’t be learned again halts the chunk, and a plan is refused that was taught with what is gone', async () => {
  const datasetId = await tickets();
  const part = await taughtUntil(datasetId, 1);
  const { id } = await createBatch(ADA, { datasetId, name: 'Changed', plan: planOf(part) });
  await pool.query(`UPDATE batch SET plan = jsonb_set(plan, '{classifier,learned}', to_jsonb(repeat('0', 64))) WHERE id = $1`, [
    id,
  ]);
  await expect(startBatch(ADA, { batchId: id })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('items that it learned from were erased'),
  });
  const gone = { ...part, taught: [{ dataset: randomUUID(), items: { billing: [1], trouble: [3] } }, ...part.taught] };
  await expect(previewBatch(ADA, { datasetId, plan: planOf(gone) })).rejects.toMatchObject({ code: 'conflict' });
  await expect(teach(ADA, { datasetId, classifier: { kind: 'rules', rules: [], otherwise: 'x' } })).rejects.toMatchObject({
    problems: [{ path: 'classifier.kind', message: '“rules” learns nothing from decisions.' }],
  });
  const twice = { ...part, taught: [{ dataset: datasetId, items: { billing: [1], trouble: [1] } }] };
  await expect(teach(ADA, { datasetId, classifier: twice })).rejects.toMatchObject({
    problems: [{ path: 'classifier.taught.0.items.trouble', message: 'Item 1 is there twice.' }],
  });
});

test('what people correct is offered, and learned when they say so: as a revision, with its own digest', async () => {
  const datasetId = await tickets();
  const part = await taughtUntil(datasetId, 1);
  const { id: batchId } = await createBatch(ADA, { datasetId, name: 'Corrected', plan: planOf(part), start: true });
  const waits = () =>
    workUntil(pool, async () => (await chunkStates(pool, batchId)).every((state) => state === 'awaiting_review'));
  await waits();
  expect(await readLessons(ADA, { batchId })).toEqual({ dataset: datasetId, items: [], more: false });
  const known = taughtOf(part, datasetId);
  const { rows } = await pool.query<{ ordinal: number; category: string }>(
    'SELECT ordinal, category FROM classification WHERE batch_id = $1 AND ordinal <= 80 ORDER BY ordinal',
    [batchId],
  );
  const moved = rows.filter(({ ordinal }) => !known.has(ordinal)).slice(0, 12);
  const to = (category: string) => (category === 'billing' ? 'trouble' : 'billing');
  const corrections = moved.map(({ ordinal, category }) => ({ ordinal, category: to(category) }));
  await correct(ADA, { batchId, chunk: 1, corrections });
  const offered = await readLessons(ADA, { batchId });
  expect(offered?.items).toEqual(corrections);

  const { taught } = withTaught(part, datasetId, new Map(corrections.map(({ ordinal, category }) => [ordinal, category])));
  const change = { revision: 1, taught };
  expect(await previewRevision(ADA, { batchId, change })).toMatchObject({ looked: ROWS });
  const revised = await reviseRules(ADA, { batchId, change: { ...change, chunks: [2] } });
  expect(revised).toMatchObject({ revision: 2, again: [2] });
  await waits();
  const { rows: plans } = await pool.query<{ learned: string; before: string }>(
    `SELECT p.plan -> 'classifier' ->> 'learned' AS learned, b.plan -> 'classifier' ->> 'learned' AS before
     FROM batch_plan p JOIN batch b ON b.id = p.batch_id WHERE p.batch_id = $1 AND p.revision = 2`,
    [batchId],
  );
  expect(plans[0]?.learned).toMatch(/^[0-9a-f]{64}$/);
  expect(plans[0]?.learned).not.toBe(plans[0]?.before);
  expect(await readLessons(ADA, { batchId })).toMatchObject({ items: [] });
  await expect(reviseRules(ADA, { batchId, change: { revision: 2, rules: [] } })).rejects.toMatchObject({ code: 'invalid' });
});
