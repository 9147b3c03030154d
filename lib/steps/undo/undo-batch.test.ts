/** Undo, the hostile way first: what was changed since, what nobody knows, two at once, and what an undo may not be asked. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { text as collected } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { requestBuilder } from '#lib/connectors/registry.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { readReceipt } from '#lib/ledger/receipt.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { exportReceipts } from '#lib/steps/receipts/export-receipts.ts';
import { finishFollowUp } from '#lib/steps/tasks/change-follow-up.ts';
import { settleBatches } from '#lib/store/actions/execution.sql.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { lockUndosOf } from '#lib/store/undo/undo.sql.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO, chunkStates, type StartedBatch, startedBatch, steps, target, workUntil } from '#test/fixtures/started-batch.ts';
import { atSize } from '#test/size.ts';
import { previewUndo } from './preview-undo.ts';
import { readUndoLinks } from './read-undo-links.ts';
import { undoBatch } from './undo-batch.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();

// A worker takes whatever is claimable, so no test leaves it anything.
afterEach(async () => {
  await pool.query(
    `UPDATE batch SET state = 'cancelled' WHERE state NOT IN ('finished', 'cancelled');
     UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled')`,
  );
});

const SHELF: PlanInput = {
  classifier: { kind: 'rules', rules: [{ when: "item.subject.endsWith('1')", category: 'keep' }], otherwise: 'noise' },
  categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }, { name: 'keep' }],
  chunking: { by: 'size' },
  execution: { first: 0 },
  receiptFields: ['subject'],
};
const TASK: PlanInput = {
  ...SHELF,
  classifier: { kind: 'rules', rules: [], otherwise: 'do' },
  categories: [{ name: 'do', action: { connector: 'task', do: 'create', with: { title: 'Do {{subject}}' } } }],
};
function http(url: string, undo?: object, more: object = {}): PlanInput {
  const given = { url: `${url}/{{subject}}`, body: { state: 'closed' }, timeoutMs: 20_000, ...(undo ? { undo } : {}) };
  const action = { connector: 'http', do: 'POST', with: given, ...more } as NonNullable<
    PlanInput['categories'][number]['action']
  >;
  return {
    ...TASK,
    categories: [{ name: 'do', action }],
    execution: { first: 0, concurrency: 1, haltAfter: { consecutive: 50, share: 1 } },
  };
}

type Of = { batchId: string };

async function approveAll({ batchId }: Of): Promise<void> {
  const { rows } = await pool.query(
    'SELECT c.id, c.number, b.plan, b.dataset_id, b.undoes FROM chunk c JOIN batch b ON b.id = c.batch_id WHERE b.id = $1',
    [batchId],
  );
  const chunks = [];
  for (const { id, number, plan, dataset_id: datasetId } of rows) {
    const { digest } = await buildManifest(pool, { batchId, datasetId, plan, chunkId: id }, requestBuilder);
    chunks.push({ number, digest });
  }
  // The ground of an undo is its receipts: nobody looks, and nobody says why not.
  const override = rows[0]?.undoes ? null : 'a test looks at nothing';
  await decide(ADA, { batchId, chunks, next: true, execute: true, override });
}

const reached =
  ({ batchId }: Of, ...states: string[]) =>
  async () =>
    (await chunkStates(pool, batchId)).every((state) => states.includes(state));

async function reviewed(batch: Of): Promise<void> {
  await workUntil(pool, reached(batch, 'awaiting_review'));
}

/** Classified, approved and carried out. */
async function carriedOut(batch: Of, ...ends: string[]): Promise<void> {
  await reviewed(batch);
  await approveAll(batch);
  await workUntil(pool, reached(batch, 'done', ...ends));
}

/** Carried out by a worker; it was classified and approved before. Items as those of startedBatch. */
async function done(items: number, plan: PlanInput, chunks = 1): Promise<StartedBatch> {
  const { rules, otherwise } = plan.classifier as unknown as { rules: { category: string }[]; otherwise: string };
  const own = Array.from({ length: items }, (_, index) => ({
    fields: { subject: `mail ${index + 1}`, from: `sender${(index + 1) % 7}@example.org` },
    category: (`${index + 1}`.endsWith('1') && rules[0]?.category) || otherwise,
  }));
  const size = Math.ceil(items / chunks);
  const batch = await seedBatch(pool, {
    name: 'Rows',
    plan,
    chunks: Array.from({ length: chunks }, (_, index) => ({
      state: 'approved' as const,
      items: own.slice(index * size, (index + 1) * size),
    })),
  });
  await workUntil(pool, reached(batch, 'done', 'unresolved'));
  await settleBatches(pool);
  return batch;
}

async function undone(batch: Of, scope: object = {}): Promise<Of & Awaited<ReturnType<typeof undoBatch>>> {
  const made = await undoBatch(ADA, { batchId: batch.batchId, ...scope });
  const undo = { ...made, batchId: made.id };
  await carriedOut(undo, 'unresolved');
  return undo;
}

const onShelf = async ({ datasetId }: { datasetId: string }): Promise<number[]> =>
  (
    await pool.query('SELECT DISTINCT ordinal FROM shelf_entry WHERE dataset_id = $1 AND restored_at IS NULL ORDER BY 1', [
      datasetId,
    ])
  ).rows.map(({ ordinal }) => ordinal);
const openTasks = async ({ datasetId }: { datasetId: string }): Promise<number[]> =>
  (
    await pool.query(
      'SELECT ordinal FROM follow_up WHERE dataset_id = $1 AND done_at IS NULL AND withdrawn_at IS NULL ORDER BY 1',
      [datasetId],
    )
  ).rows.map(({ ordinal }) => ordinal);
const bodies = async ({ batchId }: Of, kind = 'outcome') =>
  (
    await pool.query('SELECT body FROM receipt WHERE batch_id = $1 AND kind = $2 ORDER BY ordinal, step', [batchId, kind])
  ).rows.map(({ body }) => readReceipt(body));
const ends = async (batch: Of) =>
  Object.fromEntries(Object.entries(await steps(pool, batch.batchId)).map(([ordinal, all]) => [ordinal, all.at(-1)]));

test('what was archived comes back, and an undo of the undo puts it away again', async () => {
  const [items, moved] = atSize([4, 3], [12, 10]);
  const batch = await done(items, SHELF);
  const archived = await onShelf(batch);
  expect(archived).toHaveLength(moved);
  const preview = await previewUndo(ADA, { batchId: batch.batchId });
  expect(preview).toMatchObject({
    restorable: moved,
    cannot: [],
    categories: [{ name: 'noise', restorable: moved, action: { verb: 'Restore' } }],
  });

  const undo = await undone(batch);
  expect(await onShelf(batch)).toEqual([]);
  expect(await readBatch(ADA, undo)).toMatchObject({
    undoes: { id: batch.batchId, name: 'Rows' },
    sum: { approved: moved, done: moved, addsUp: true },
  });
  expect(await readBatch(ADA, batch)).toMatchObject({
    undoneBy: [{ id: undo.id, name: 'Undo of Rows', state: 'finished', items: moved, done: moved }],
  });
  // The chain of digests: what the undo found is what the archiving left.
  for (const outcome of await bodies(undo))
    expect(outcome).toMatchObject({ result: 'succeeded', before: expect.stringMatching(/^[0-9a-f]{64}$/) });

  const again = await undone(undo);
  expect(await onShelf(batch)).toEqual(archived);
  expect(await readBatch(ADA, batch)).toMatchObject({ undoneBy: [{ id: undo.id, done: moved, takenBack: moved }] });
  const why = '“Undo of Rows” undid it, and “Undo of Undo of Rows” did it again: undo “Undo of Undo of Rows” instead';
  expect((await previewUndo(ADA, { batchId: batch.batchId })).cannot).toMatchObject([{ why, count: moved }]);
  const links = await readUndoLinks(ADA, { batchId: batch.batchId, ordinal: 2 });
  expect(links).toMatchObject({ undoes: null, undoneBy: [{ batchId: undo.id }, { batchId: again.id }] });
  expect(await readUndoLinks(ADA, { batchId: undo.id, ordinal: 2 })).toMatchObject({
    undoes: { batchId: batch.batchId, batchName: 'Rows' },
  });
  await undone(again);
  expect(await onShelf(batch)).toEqual([]);
});

test('what somebody changed since is left alone, before the start and after it', async () => {
  const batch = await done(5, { ...SHELF, classifier: { kind: 'rules', rules: [], otherwise: 'noise' } });
  const [, second] = [1, 2];
  await pool.query('UPDATE shelf_entry SET restored_at = now(), changed_by = $2 WHERE dataset_id = $1 AND ordinal = $3', [
    batch.datasetId,
    'x',
    second,
  ]);
  const preview = await previewUndo(ADA, { batchId: batch.batchId });
  expect(preview).toMatchObject({
    restorable: 4,
    cannot: [{ count: 1, ordinals: [2], why: expect.stringContaining('moved afterwards') }],
  });
  const made = await undoBatch(ADA, { batchId: batch.batchId });
  const undo = { batchId: made.id };
  // Its ground is the receipts: nothing is drawn.
  expect((await pool.query('SELECT seed FROM batch WHERE id = $1', [made.id])).rows).toEqual([{ seed: null }]);
  await reviewed(undo);
  await approveAll(undo);
  // Approved, and not yet carried out.
  await pool.query('UPDATE shelf_entry SET changed_by = $2 WHERE dataset_id = $1 AND ordinal = 3', [batch.datasetId, 'y']);
  await workUntil(pool, reached(undo, 'done'));
  expect(await ends(undo)).toEqual({
    1: 'outcome:succeeded',
    3: 'outcome:failed',
    4: 'outcome:succeeded',
    5: 'outcome:succeeded',
  });
  expect((await bodies(undo)).map((body) => 'reason' in body && body.reason)).toEqual([null, 'changed_since', null, null]);
  expect(await onShelf(batch)).toEqual([3]);
});

test('two undos of the same batch at once: one of them covers it, the other says so', async () => {
  const batch = await done(4, SHELF);
  const both = await Promise.allSettled([undoBatch(ADA, { batchId: batch.batchId }), undoBatch(ADA, { batchId: batch.batchId })]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const refused = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
  expect(String(refused.reason)).toContain('“Undo of Rows” is about to undo it');
  const [made] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  await carriedOut({ batchId: made?.id ?? '' });
  await expect(undoBatch(ADA, { batchId: batch.batchId })).rejects.toThrow('“Undo of Rows” undid it already');
});

test('an undo that was stopped can be begun again', async () => {
  const batch = await done(4, SHELF);
  const made = await undoBatch(ADA, { batchId: batch.batchId });
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE id = $1", [made.id]);
  await pool.query("UPDATE chunk SET state = 'cancelled' WHERE batch_id = $1", [made.id]);
  expect((await undoBatch(ADA, { batchId: batch.batchId })).restorable).toBe(made.restorable);
});

test('a chunk, a category, single items; and what the batch does not have is refused', async () => {
  const batch = await done(12, SHELF, 3);
  const { batchId } = batch;
  const count = async (scope: object) => (await previewUndo(ADA, { batchId, ...scope })).restorable;
  expect(await count({ chunks: [2] })).toBe(4);
  expect(await count({ chunks: [1, 2] })).toBe(7);
  expect(await count({ category: 'noise' })).toBe(10);
  expect(await count({ category: 'keep' })).toBe(0);
  expect(await previewUndo(ADA, { batchId, ordinals: [1, 2] })).toMatchObject({
    restorable: 1,
    cannot: [{ why: 'nothing was done with it', count: 1, ordinals: [1] }],
  });
  await expect(previewUndo(ADA, { batchId, chunks: [4] })).rejects.toThrow('This batch has no chunk 4.');
  await expect(previewUndo(ADA, { batchId, category: 'nope' })).rejects.toThrow('This batch has no category “nope”.');
  await expect(previewUndo(ADA, { batchId, ordinals: [13] })).rejects.toThrow('Item 13 is not in this batch.');
  await expect(previewUndo(ADA, { batchId: randomUUID() })).rejects.toThrow('There is no such batch.');
  await expect(undoBatch(ADA, { batchId, category: 'keep' })).rejects.toThrow('nothing to undo');
  for (const actor of [BO, { ...ADA, role: 'auditor' as const }]) {
    await expect(undoBatch(actor, { batchId })).rejects.toThrow("can't undo actions");
    await expect(previewUndo(actor, { batchId })).rejects.toThrow("can't undo actions");
  }
  const undo = await undone(batch, { ordinals: [5, 6], name: 'Two back' });
  expect(await readBatch(ADA, undo)).toMatchObject({ name: 'Two back', itemCount: 2 });
  expect(await onShelf(batch)).toHaveLength(8);
  expect((await previewUndo(ADA, { batchId })).cannot).toEqual([
    { why: '“Two back” undid it already', count: 2, ordinals: [5, 6] },
  ]);
});

test('a person takes items out of an undo, and cannot undo them as something else', async () => {
  const batch = await done(4, {
    ...SHELF,
    categories: [...SHELF.categories, { name: 'also', action: { connector: 'shelf', do: 'archive' } }],
  });
  const made = await undoBatch(ADA, { batchId: batch.batchId });
  const undo = { batchId: made.id };
  await reviewed(undo);
  await correct(ADA, { batchId: made.id, chunk: 1, corrections: [{ ordinal: 2, category: 'leave as it is' }] });
  await expect(correct(ADA, { batchId: made.id, chunk: 1, corrections: [{ ordinal: 3, category: 'also' }] })).rejects.toThrow(
    'There is no category',
  );
  await approveAll(undo);
  await workUntil(pool, reached(undo, 'done'));
  expect(await onShelf(batch)).toEqual([2]);
});

test('what was done as one category is not undone as another', async () => {
  const classifier: PlanInput['classifier'] = {
    kind: 'rules',
    rules: [{ when: "item.subject.endsWith('1')", category: 'do' }],
    otherwise: 'noise',
  };
  const categories: PlanInput['categories'] = [
    { name: 'noise', action: { connector: 'shelf', do: 'archive' } },
    ...TASK.categories,
  ];
  const batch = await done(4, { ...SHELF, classifier, categories });
  const made = await undoBatch(ADA, { batchId: batch.batchId });
  const undo = { batchId: made.id };
  await reviewed(undo);
  await correct(ADA, { batchId: made.id, chunk: 1, corrections: [{ ordinal: 2, category: 'do' }] });
  await expect(approveAll(undo)).rejects.toThrow('Item 2: it was done as “noise”, so it is undone as that, or not at all.');
  await correct(ADA, { batchId: made.id, chunk: 1, corrections: [{ ordinal: 2, category: 'noise' }] });
  await approveAll(undo);
  await workUntil(pool, reached(undo, 'done'));
  expect([await onShelf(batch), await openTasks(batch)]).toEqual([[], []]);
});

test('while an undo is being made, the batch can be paused', async () => {
  const batch = await done(4, SHELF, 2);
  await pool.query("UPDATE batch SET state = 'running' WHERE id = $1", [batch.batchId]);
  await pool.query("UPDATE chunk SET state = 'executing' WHERE batch_id = $1 AND number = 2", [batch.batchId]);
  const held = await pool.connect();
  try {
    // The undo waits here for another undo of the same batch, in the middle of its transaction.
    await held.query('BEGIN');
    await lockUndosOf(held, batch.batchId);
    const making = undoBatch(ADA, { batchId: batch.batchId });
    expect(await pause(ADA, { batchId: batch.batchId })).toMatchObject({ state: 'paused' });
    await held.query('COMMIT');
    expect((await making).restorable).toBe(1);
  } finally {
    held.release();
  }
});

test('a chunk that is sent back is classified as before', async () => {
  const batch = await done(4, SHELF);
  const made = await undoBatch(ADA, { batchId: batch.batchId });
  const undo = { batchId: made.id };
  await reviewed(undo);
  const { rows } = await pool.query('SELECT c.id, b.plan FROM chunk c JOIN batch b ON b.id = c.batch_id WHERE b.id = $1', [
    made.id,
  ]);
  const before = await buildManifest(
    pool,
    { ...batch, batchId: made.id, plan: rows[0].plan, chunkId: rows[0].id },
    requestBuilder,
  );
  await decide(ADA, {
    batchId: made.id,
    chunks: [{ number: 1, digest: before.digest }],
    next: false,
    execute: false,
    sendBack: true,
    note: 'again',
  });
  await reviewed(undo);
  const after = await buildManifest(
    pool,
    { ...batch, batchId: made.id, plan: rows[0].plan, chunkId: rows[0].id },
    requestBuilder,
  );
  expect(after).toEqual(before);
  await approveAll(undo);
  await workUntil(pool, reached(undo, 'done'));
  expect(await onShelf(batch)).toEqual([]);
});

test('a task is withdrawn unless a person did it, and given back by the undo of that', async () => {
  const batch = await done(4, TASK);
  const tasks = (
    await pool.query('SELECT id::text, ordinal FROM follow_up WHERE dataset_id = $1 ORDER BY ordinal', [batch.datasetId])
  ).rows;
  await finishFollowUp(ADA, { id: tasks[0].id, done: true });
  expect((await previewUndo(ADA, { batchId: batch.batchId })).cannot).toEqual([
    { why: 'a person has done the task already', count: 1, ordinals: [1] },
  ]);
  const made = await undoBatch(ADA, { batchId: batch.batchId });
  const undo = { batchId: made.id };
  await reviewed(undo);
  await approveAll(undo);
  await finishFollowUp(ADA, { id: tasks[1].id, done: true });
  await workUntil(pool, reached(undo, 'done'));
  expect(await ends(undo)).toEqual({ 2: 'outcome:failed', 3: 'outcome:succeeded', 4: 'outcome:succeeded' });
  expect(await openTasks(batch)).toEqual([]);
  await expect(finishFollowUp(ADA, { id: tasks[2].id, done: true })).rejects.toThrow('withdrawn');
  await undone(undo);
  expect(await openTasks(batch)).toEqual([3, 4]);
});

test('http: the plan says how, with the target’s own id; the undo of that is the original request under a new key', async () => {
  const { url, seen } = await target(() => 201);
  const batch = await done(2, http(url, { do: 'DELETE', url: `${url}/closed/{{subject}}` }));
  const undo = await undone(batch);
  await undone(undo);
  expect(seen.map((one) => one.url)).toEqual([
    '/mail%201',
    '/mail%202',
    '/closed/mail%201',
    '/closed/mail%202',
    '/mail%201',
    '/mail%202',
  ]);
  expect(new Set(seen.map(({ key }) => key)).size).toBe(6);
  const [first, , , , fifth] = await Promise.all([
    bodies(batch, 'intent'),
    null,
    null,
    null,
    bodies({ batchId: (await pool.query('SELECT id FROM batch WHERE undoes = $1', [undo.id])).rows[0].id }, 'intent'),
  ]);
  expect(fifth?.map((body) => 'request' in body && body.request)).toEqual(
    first?.map((body) => 'request' in body && body.request),
  );
});

test('http: what has no undo request, no id, or an unknown end is named and not undone', async () => {
  const { url } = await target((request) => (request.url === '/mail%202' ? 500 : request.url === '/mail%203' ? 404 : 200));
  const bare = await done(3, http(url));
  const cannot = async ({ batchId }: Of) =>
    Object.fromEntries((await previewUndo(ADA, { batchId })).cannot.map(({ why, ordinals }) => [why, ordinals]));
  expect(await cannot(bare)).toEqual({
    'the plan has no undo request for it': [1],
    'it is uncertain whether it happened': [2],
    'it failed, so there is nothing to undo': [3],
  });
  await expect(undoBatch(ADA, { batchId: bare.batchId })).rejects.toThrow('Nothing here can be undone.');
  const nameless = await done(1, http(url, { do: 'DELETE', url: `${url}/made/{{target}}` }));
  expect(await cannot(nameless)).toEqual({ 'the target gave no id, and the undo request needs one': [1] });
});

test('http: a success whose answer broke off says so on its receipt, and an undo that names the id leaves it out for that', async () => {
  // The body is promised and never ends; the status has come, so it was done.
  const cut = (_request: unknown, _count: number, response: ServerResponse) => {
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': '20' });
    response.write('{"id":"5"', () => response.destroy());
    return new Promise<never>(() => {});
  };
  const { url } = await target(cut);
  const batch = await done(1, http(url, { do: 'DELETE', url: `${url}/made/{{target}}` }));
  expect(await bodies(batch)).toMatchObject([{ result: 'succeeded', reason: 'incomplete_answer', target: null }]);
  const csv = (await collected((await exportReceipts(ADA, { batchId: batch.batchId, format: 'csv' })).body)).split('\r\n');
  expect(csv.filter((line) => line.includes('succeeded'))).toEqual([expect.stringContaining('incomplete_answer')]);
  expect(await readBatch(ADA, { batchId: batch.batchId })).toMatchObject({ sum: { done: 1, uncertain: 0, addsUp: true } });
  expect((await previewUndo(ADA, { batchId: batch.batchId })).cannot.map(({ why }) => why)).toEqual([
    'the answer broke off before the target’s id, and the undo request needs that id',
  ]);
  const named = await done(1, http(url, { do: 'DELETE', url: `${url}/closed/{{subject}}` }));
  expect(await previewUndo(ADA, { batchId: named.batchId })).toMatchObject({ restorable: 1, cannot: [] });
});

test('a chunk that is not finished is refused in words, and a finished one beside it is not', async () => {
  const batch = await done(8, SHELF, 2);
  await pool.query("UPDATE batch SET state = 'running' WHERE id = $1", [batch.batchId]);
  await pool.query("UPDATE chunk SET state = 'paused' WHERE batch_id = $1 AND number = 2", [batch.batchId]);
  expect(await previewUndo(ADA, { batchId: batch.batchId })).toMatchObject({
    restorable: 3,
    cannot: [{ why: 'its chunk is not finished: wait for its end, or stop it', count: 4 }],
  });
});

test('an undo takes over what its unfinished original claims, and another batch is kept from it', async () => {
  const plan: PlanInput = { ...SHELF, independence: { resource: ['subject'] } };
  const batch = await done(4, plan, 2);
  await pool.query("UPDATE batch SET state = 'running' WHERE id = $1", [batch.batchId]);
  await pool.query(
    `INSERT INTO resource_claim (connection, resource, batch_id)
     SELECT 'shelf of ' || dataset_id, encode(sha256(convert_to(fields ->> 'subject', 'UTF8')), 'hex'), $1 FROM item WHERE dataset_id = $2`,
    [batch.batchId, batch.datasetId],
  );
  const made = await undoBatch(ADA, { batchId: batch.batchId, chunks: [1] });
  const claims = (await pool.query('SELECT batch_id, count(*)::int FROM resource_claim GROUP BY 1')).rows;
  expect(new Map(claims.map((row) => [row.batch_id, row.count]))).toEqual(
    new Map([
      [batch.batchId, 3],
      [made.id, 1],
    ]),
  );
});

test('what had to keep an order is undone backwards, its first ones included, and the undo of that goes forwards again', async () => {
  const { url, seen } = await target(() => 201);
  const plan = http(url, { do: 'DELETE', url: `${url}/undo/{{subject}}` });
  const batch = await startedBatch(pool, { items: 4, chunks: 2, plan: { ...plan, execution: { ...plan.execution, first: 1 } } });
  await pool.query('UPDATE chunk SET serial = true WHERE batch_id = $1', [batch.batchId]);
  await pool.query("UPDATE batch SET routing = 'sequential' WHERE id = $1", [batch.batchId]);
  const chunkByChunk = async ({ batchId }: Of) => {
    for (const number of [1, 2]) {
      const stands = async (...states: string[]) => states.includes((await chunkStates(pool, batchId))[number - 1] ?? '');
      await workUntil(pool, () => stands('awaiting_review'));
      const { rows } = await pool.query(
        'SELECT c.id, b.plan, b.dataset_id FROM chunk c JOIN batch b ON b.id = c.batch_id WHERE b.id = $1 AND number = $2',
        [batchId, number],
      );
      const [{ id, plan: own, dataset_id: datasetId }] = rows;
      const { digest } = await buildManifest(pool, { batchId, datasetId, plan: own, chunkId: id }, requestBuilder);
      const answers = { batchId, chunks: [{ number, digest }], override: 'a test looks at nothing' };
      await decide(ADA, { ...answers, next: true, execute: true });
      await workUntil(pool, () => stands('awaiting_release'));
      await decide(ADA, { ...answers, next: false, execute: false, release: true });
      await workUntil(pool, () => stands('done'));
    }
  };
  await chunkByChunk(batch);
  const undo = { batchId: (await undoBatch(ADA, { batchId: batch.batchId })).id };
  await chunkByChunk(undo);
  const again = { batchId: (await undoBatch(ADA, { batchId: undo.batchId })).id };
  await chunkByChunk(again);
  const order = (prefix: string, ...items: number[]) => items.map((item) => `${prefix}/mail%20${item}`);
  expect(seen.map((one) => one.url)).toEqual([...order('', 1, 2, 3, 4), ...order('/undo', 4, 3, 2, 1), ...order('', 1, 2, 3, 4)]);
});
