/** Back to review after a No: what may have happened is never sent again, whoever presses, and however often. */
import { afterEach, expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { refuseRest } from '#lib/steps/checkpoints/refuse-rest.ts';
import { readStory } from '#lib/steps/items/read-story.ts';
import { previewBatch } from '#lib/steps/plans/preview-batch.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO, chunkStates, steps, target, workUntil } from '#test/fixtures/started-batch.ts';
import { cancel } from './cancel.ts';
import { changeBatch } from './change-batch.ts';
import { readBatch } from './read-batch.ts';
import { reviewAgain } from './review-again.ts';
import { startBatch } from './start-batch.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();
const { url, seen } = await target(() => 201);

// A worker takes whatever is claimable, so no test leaves it anything.
afterEach(async () => {
  await pool.query(
    `UPDATE batch SET state = 'cancelled' WHERE state NOT IN ('finished', 'cancelled');
     UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled')`,
  );
});

const with_ = (more: object = {}) => ({ url: `${url}/{{id}}`, body: {}, undo: { do: 'DELETE', url: `${url}/{{id}}` }, ...more });
const PLAN: Partial<PlanInput> = {
  classifier: { kind: 'rules', rules: [], otherwise: 'send' },
  categories: [{ name: 'send', action: { connector: 'http', do: 'POST', with: with_() } as never }, { name: 'keep' }],
  chunking: { by: 'size', maxItems: 10 },
  execution: { first: 1, concurrency: 1 },
  receiptFields: ['id'],
};
let made = 0;
const item = (more: Partial<SeedItem> = {}): SeedItem => ({ fields: { id: `i${++made}` }, category: 'send', ...more });
const CANCELLED = { state: 'cancelled' as const, decidedBy: ADA.id };
const DONE: SeedItem['receipts'] = ['intent', 'outcome:succeeded'];

const itemsOf = async (batchId: string): Promise<number[]> => {
  const { rows } = await pool.query('SELECT array_agg(ordinal ORDER BY ordinal) AS own FROM chunk_item WHERE batch_id = $1', [
    batchId,
  ]);
  return rows[0].own ?? [];
};
const reached = (batchId: string, ...states: string[]) =>
  workUntil(pool, async () => (await chunkStates(pool, batchId)).every((state) => states.includes(state)));
async function approve(batchId: string, chunk = 1): Promise<void> {
  const { digest } = (await readCheckpoint(ADA, { batchId, chunk })) ?? {};
  const override = (await readBatch(ADA, { batchId }))?.undoes ? null : 'a test';
  await decide(ADA, { batchId, chunks: [{ number: chunk, digest: digest ?? '' }], execute: true, override });
}
const restOf = async (batchId: string, chunk = 1) => (await readCheckpoint(ADA, { batchId, chunk }))?.rest;

test('only what nothing may have happened with is reviewed again', async () => {
  const { batchId } = await seedBatch(pool, {
    plan: PLAN,
    chunks: [
      {
        ...CANCELLED,
        items: [
          item(),
          item({ receipts: DONE }),
          item({ receipts: ['intent', 'outcome:failed'] }),
          item({ receipts: ['intent', 'outcome:uncertain'] }),
          item({ receipts: ['intent'] }),
          item({ receipts: ['intent', 'outcome:uncertain', 'resolution:not_executed'] }),
          item({ receipts: ['intent', 'outcome:uncertain', 'resolution:succeeded'] }),
          item({ receipts: ['intent', 'outcome:uncertain', 'resolution:abandoned'] }),
          item({ receipts: ['outcome:skipped'] }),
          item({ category: 'keep' }),
        ],
      },
      { state: 'awaiting_review', items: [item()] },
      { state: 'cancelled', items: [item()] },
    ],
  });
  expect(await restOf(batchId)).toEqual({ chunks: [1], counts: { free: 5, done: 2, uncertain: 3, taken: 0 }, batches: [] });
  expect(await restOf(batchId, 2)).toBeNull();
  await expect(reviewAgain(ADA, { batchId, chunks: [2] })).rejects.toMatchObject({ code: 'invalid' });
  await expect(reviewAgain(BO, { batchId, chunks: [1] })).rejects.toMatchObject({ code: 'forbidden' });
  const { id, items } = await reviewAgain(ADA, { batchId, chunks: [1] });
  expect([items, await itemsOf(id)]).toEqual([5, [1, 3, 6, 9, 10]]);
  expect(await readBatch(ADA, { batchId: id })).toMatchObject({
    ...{ name: 'Rest of Things', state: 'proposed', undoes: null, restOf: { id: batchId, name: 'Things', chunks: [1] } },
  });

  // What is uncertain joins once somebody has said that it did not happen; the other chunk is one of its own.
  await answerUncertain(ADA, { batchId, ordinals: [4], answer: 'did_not' });
  const more = await reviewAgain(ADA, { batchId });
  expect(await itemsOf(more.id)).toEqual([4, 12]);
  await expect(reviewAgain(ADA, { batchId })).rejects.toMatchObject({
    ...{ code: 'conflict', message: expect.stringMatching(/2 were done, and not undone\. 2 are uncertain/) },
  });
  expect((await restOf(batchId))?.batches.map(({ items: own }) => own)).toEqual([5, 2]);
});

test('two people press at once, and no item is in two batches', async () => {
  const { batchId } = await seedBatch(pool, { plan: PLAN, chunks: [{ ...CANCELLED, items: [item(), item(), item()] }] });
  const both = await Promise.allSettled([1, 2, 3].map(() => reviewAgain(ADA, { batchId })));
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  for (const one of both)
    if (one.status === 'rejected')
      expect(one.reason).toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('“Rest of Things” reviews them again'),
      });
  const { rows } = await pool.query('SELECT x.ordinal FROM chunk_item x JOIN batch b ON b.id = x.batch_id WHERE b.rest_of = $1', [
    batchId,
  ]);
  expect(rows).toHaveLength(3);
});

test('after a No the others are sent once, the undone one too, and nobody can undo its undo meanwhile', async () => {
  const before = seen.length;
  const { batchId } = await seedBatch(pool, {
    plan: PLAN,
    chunks: [{ state: 'awaiting_review', items: [item(), item(), item()] }],
  });
  await approve(batchId);
  await reached(batchId, 'awaiting_release');
  const { undo } = await refuseRest(ADA, { batchId, chunk: 1 });
  await reached(undo?.id ?? '', 'awaiting_review');
  // The first one is about to be undone, and still done.
  expect((await restOf(batchId))?.counts).toMatchObject({ free: 2, done: 1 });
  await approve(undo?.id ?? '');
  await reached(undo?.id ?? '', 'done', 'awaiting_release');
  const { id } = await reviewAgain(ADA, { batchId });
  expect(await itemsOf(id)).toEqual([1, 2, 3]);
  await expect(undoBatch(ADA, { batchId: undo?.id ?? '' })).rejects.toMatchObject({
    ...{ code: 'conflict', message: expect.stringContaining('“Rest of Things” reviews it again') },
  });

  await startBatch(ADA, { batchId: id });
  await reached(id, 'awaiting_review');
  await approve(id);
  await reached(id, 'awaiting_release');
  await decide(ADA, {
    batchId: id,
    chunks: [{ number: 1, digest: (await readCheckpoint(ADA, { batchId: id, chunk: 1 }))?.digest ?? '' }],
    release: true,
  });
  await reached(id, 'done');
  expect(await steps(pool, id)).toEqual({
    1: ['intent', 'outcome:succeeded'],
    2: ['intent', 'outcome:succeeded'],
    3: ['intent', 'outcome:succeeded'],
  });
  // One POST, its DELETE, and three POSTs, each with a key of its own.
  const sent = seen.slice(before);
  expect([sent.length, new Set(sent.map(({ key }) => key)).size]).toEqual([5, 5]);
});

test('what was undone stays out where somebody asked to undo that', async () => {
  const { batchId } = await seedBatch(pool, {
    plan: PLAN,
    chunks: [{ ...CANCELLED, items: [item({ receipts: DONE }), item()] }],
  });
  const undo = await undoBatch(ADA, { batchId });
  await reached(undo.id, 'awaiting_review');
  await approve(undo.id);
  await reached(undo.id, 'done');
  await undoBatch(ADA, { batchId: undo.id });
  const { id } = await reviewAgain(ADA, { batchId });
  expect(await itemsOf(id)).toEqual([2]);
  await expect(reviewAgain(ADA, { batchId: undo.id })).rejects.toMatchObject({ code: 'conflict' });
});

test('its plan is worked out and changed over its own items, and never takes one that another batch has by now', async () => {
  const items = Array.from({ length: 30 }, (_, index) => item(index < 10 ? { receipts: DONE } : {}));
  const { batchId, datasetId } = await seedBatch(pool, { plan: PLAN, chunks: [{ ...CANCELLED, items }] });
  const { id } = await reviewAgain(ADA, { batchId });
  expect(await chunkStates(pool, id)).toEqual(['proposed', 'proposed']);
  const { plan, planDigest } = (await readBatch(ADA, { batchId: id })) ?? {};
  const halves = { ...plan, chunking: { by: 'size', maxItems: 5 } } as never;
  const seenAs = await previewBatch(ADA, { datasetId, plan: halves, batchId: id });
  expect([seenAs.itemCount, seenAs.chunks.length, seenAs.sort.counted, seenAs.sort.exact]).toEqual([20, 4, 20, true]);
  expect((await previewBatch(ADA, { datasetId, plan: halves })).itemCount).toBe(30);

  const less = { ...(halves as object), chunkEdits: [{ exclude: 1 }] } as never;
  const changed = await changeBatch(ADA, { batchId: id, planDigest: planDigest ?? '', plan: less });
  expect(await itemsOf(id)).toHaveLength(15);
  const other = await reviewAgain(ADA, { batchId });
  expect(await itemsOf(other.id)).toEqual([11, 12, 13, 14, 15]);
  const back = await changeBatch(ADA, { batchId: id, planDigest: changed.planDigest, plan: halves });
  expect([back.planDigest === changed.planDigest, (await itemsOf(id)).length]).toEqual([false, 15]);
});

test('what people corrected stays corrected; the batch that it comes from does not stand in its way, and others do', async () => {
  const plan = { ...PLAN, independence: { resource: ['id'] } };
  const { batchId } = await seedBatch(pool, {
    plan,
    chunks: [
      { ...CANCELLED, items: [item({ category: 'keep', by: BO.id }), item()] },
      { state: 'awaiting_review', items: [item()] },
    ],
  });
  // As its start claimed them.
  await pool.query(
    `INSERT INTO resource_claim (connection, resource, batch_id)
     SELECT $2, encode(sha256(convert_to(i.fields ->> 'id', 'UTF8')), 'hex'), $1 FROM item i JOIN batch b ON b.dataset_id = i.dataset_id WHERE b.id = $1`,
    [batchId, new URL(url).origin],
  );
  const { id } = await reviewAgain(ADA, { batchId });
  await startBatch(ADA, { batchId: id });
  await reached(id, 'awaiting_review');
  const { rows } = await pool.query('SELECT ordinal, category, "by" FROM classification WHERE batch_id = $1 ORDER BY ordinal', [
    id,
  ]);
  expect(rows).toEqual([
    { ordinal: 1, category: 'keep', by: BO.id },
    { ordinal: 2, category: 'send', by: 'rules' },
  ]);
  expect((await readStory(ADA, { batchId: id, ordinal: 1 }))?.lines.slice(1)).toMatchObject([
    { kind: 'again', there: 'before', link: { batchId, batchName: 'Things' } },
    { kind: 'started' },
    { kind: 'classified', classifier: 'person', category: 'keep', revision: null },
  ]);
  expect((await readStory(ADA, { batchId, ordinal: 1 }))?.lines.at(-1)).toMatchObject({
    ...{ kind: 'again', there: 'after', link: { batchId: id, batchName: 'Rest of Things' } },
  });
  const claims = async (of: string) =>
    (await pool.query('SELECT count(*)::int AS own FROM resource_claim WHERE batch_id = $1', [of])).rows[0].own;
  expect([await claims(batchId), await claims(id)]).toEqual([1, 2]);

  // Cancelled in its turn, its own rest is reviewed again from there, and from nowhere else.
  await cancel(ADA, { batchId: id });
  await expect(reviewAgain(ADA, { batchId })).rejects.toMatchObject({ code: 'conflict' });
  const third = await reviewAgain(ADA, { batchId: id });
  expect(await itemsOf(third.id)).toEqual([1, 2]);
  await startBatch(ADA, { batchId: third.id });
});
