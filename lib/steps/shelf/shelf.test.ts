/** The shelf, by what batches really did: grouped, paged, partly taken back, put there again; and what may not be asked. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { requestBuilder } from '#lib/connectors/registry.ts';
import { SHELF_COUNTED_MAX } from '#lib/core/limits.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import type { ShelfGroup } from '#lib/shapes/shelf.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { downloadDataset } from '#lib/steps/datasets/download-dataset.ts';
import { previewUndo } from '#lib/steps/undo/preview-undo.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { buildManifest } from '#lib/store/checkpoints/manifest.sql.ts';
import { MIGRATIONS_DIR } from '#lib/store/postgres/schema-engine.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, BO, chunkStates, startedBatch, workUntil } from '#test/fixtures/started-batch.ts';
import { listShelf } from './list-shelf.ts';
import { readShelfItems } from './read-shelf-items.ts';
import { readTakenBack } from './read-taken-back.ts';

const { pool } = await testDatabase();

// A worker takes whatever is claimable, and every test has the shelf for itself.
afterEach(async () => {
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE state <> 'finished'");
  await pool.query("UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled')");
  await pool.query('DELETE FROM shelf_entry');
});

const archive = (shelf?: string) => ({ connector: 'shelf', do: 'archive', ...(shelf ? { with: { shelf } } : {}) });

/** Of ten rows, 1 is kept, 2 goes to the winter shelf as old, and the other eight are noise. */
const PLAN: PlanInput = {
  classifier: {
    kind: 'rules',
    rules: [
      { when: "item.subject.endsWith('1')", category: 'keep' },
      { when: "item.subject.endsWith('2')", category: 'old' },
    ],
    otherwise: 'noise',
  },
  categories: [{ name: 'noise', action: archive() }, { name: 'old', action: archive('winter') }, { name: 'keep' }],
  chunking: { by: 'size' },
  execution: { first: 0 },
  receiptFields: ['subject'],
};

type Of = { batchId: string };

const reached =
  ({ batchId }: Of, ...states: string[]) =>
  async () =>
    (await chunkStates(pool, batchId)).every((state) => states.includes(state));

/** Classified, approved and carried out. */
async function carriedOut<Batch extends Of>(batch: Batch): Promise<Batch> {
  const { batchId } = batch;
  await workUntil(pool, reached(batch, 'awaiting_review'));
  const { rows } = await pool.query(
    'SELECT c.id, c.number, b.plan, b.dataset_id FROM chunk c JOIN batch b ON b.id = c.batch_id WHERE b.id = $1',
    [batchId],
  );
  const chunks = [];
  for (const { id, number, plan, dataset_id: datasetId } of rows) {
    const { digest } = await buildManifest(pool, { batchId, datasetId, plan, chunkId: id }, requestBuilder);
    chunks.push({ number, digest });
  }
  await decide(ADA, { batchId, chunks, next: true, execute: true, override: 'a test looks at nothing' });
  await workUntil(pool, reached(batch, 'done'));
  return batch;
}

const done = async (items: number, plan = PLAN) => carriedOut(await startedBatch(pool, { items, plan }));

async function undone({ batchId }: Of, scope: object = {}): Promise<Of> {
  return carriedOut({ batchId: (await undoBatch(ADA, { batchId, ...scope })).id });
}

/** A batch of another plan over the same rows. */
async function over(batch: Of & { datasetId: string }, plan: PlanInput): Promise<Of & { datasetId: string }> {
  const other = await startedBatch(pool, { items: 10, plan });
  await pool.query('UPDATE batch SET dataset_id = $2 WHERE id = $1', [other.batchId, batch.datasetId]);
  return carriedOut({ ...other, datasetId: batch.datasetId });
}

const brief = ({ batchId, category, shelf, count }: ShelfGroup) => [batchId, category, shelf, count];
const lying = async () => (await listShelf(BO)).items.map(brief);
const ordinalsIn = async (group: { batchId: string; category: string; shelf: string }) =>
  (await readShelfItems(BO, group))?.items.map(({ ordinal }) => ordinal);
const refusalOf = (asked: Promise<unknown>) => asked.then(() => null).catch((error: { code?: string }) => error.code);

test('what lies there, by batch, category and shelf, the newest batch first; page by page nothing is missed or told twice', async () => {
  expect(await listShelf(BO)).toEqual({ items: [], next: null });
  const first = await done(20);
  const second = await done(10);
  const all = [
    [second.batchId, 'noise', 'archive', 8],
    [second.batchId, 'old', 'winter', 1],
    [first.batchId, 'noise', 'archive', 16],
    [first.batchId, 'old', 'winter', 2],
  ];
  const { items } = await listShelf(BO);
  expect(items.map(brief)).toEqual(all);
  expect(items[0]).toMatchObject({ batchName: 'Rows', datasetName: 'rows.csv', noun: 'rows', more: false, undoing: [] });
  expect(Date.now() - Date.parse(items[0]?.since ?? '')).toBeLessThan(60_000);

  for (const limit of [1, 2, 3]) {
    const told: unknown[] = [];
    for (let cursor: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof listShelf>> = await listShelf(BO, { limit, cursor });
      told.push(...page.items.map(brief));
      if (page.next === null) break;
      expect(page.items).toHaveLength(limit);
      cursor = page.next;
    }
    expect(told).toEqual(all);
  }
  const only = async (input: object) => (await listShelf(BO, input)).items.map(brief);
  expect(await only({ batchId: first.batchId })).toEqual(all.slice(2));
  expect(await only({ category: 'old' })).toEqual([all[1], all[3]]);
  expect(await only({ batchId: first.batchId, category: 'old', shelf: 'archive' })).toEqual([]);
});

test('two batches of one time are told one after the other, and names with odd characters can be paged past', async () => {
  const name = 'a_b "c" \\ 雪';
  const odd = {
    ...PLAN,
    categories: [{ name: 'noise', action: archive(name) }, { name: 'old', action: archive() }, { name: 'keep' }],
  };
  await done(10, odd);
  await done(10, odd);
  await pool.query("UPDATE batch SET created_at = '2026-01-01T00:00:00Z'");
  const told = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof listShelf>> = await listShelf(BO, { limit: 1, cursor });
    told.push(...page.items.map(brief));
    if (page.next === null) break;
    cursor = page.next;
  }
  expect(told).toEqual(await lying());
  expect(told.map(([, category, shelf]) => [category, shelf])).toEqual([
    ...[
      ['noise', name],
      ['old', 'archive'],
    ],
    ...[
      ['noise', name],
      ['old', 'archive'],
    ],
  ]);
});

test('the items of a group: by pages, with the receipt of each; a search finds by any field', async () => {
  const batch = await done(20);
  const group = { batchId: batch.batchId, category: 'noise', shelf: 'archive' };
  const first = await readShelfItems(BO, { ...group, limit: 10 });
  expect(first?.items.map(({ ordinal }) => ordinal)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 13, 14]);
  expect(first).toMatchObject({ columns: ['subject'], next: '14' });
  expect(first?.items[0]?.fields).toEqual({ subject: 'mail 3', from: 'sender3@example.org' });
  const { chunk, seq } = first?.items[0]?.receipt ?? {};
  const { rows } = await pool.query('SELECT ordinal, result FROM receipt WHERE batch_id = $1 AND chunk = $2 AND seq = $3', [
    batch.batchId,
    chunk,
    seq,
  ]);
  expect(rows).toEqual([{ ordinal: 3, result: 'succeeded' }]);
  const second = await readShelfItems(BO, { ...group, limit: 10, cursor: first?.next });
  expect([second?.items.map(({ ordinal }) => ordinal), second?.next]).toEqual([[15, 16, 17, 18, 19, 20], null]);

  const found = await readShelfItems(BO, { ...group, search: 'SENDER3@', limit: 1 });
  expect([found?.items.map(({ ordinal }) => ordinal), found?.next]).toEqual([[3], '3']);
  expect((await readShelfItems(BO, { ...group, search: 'SENDER3@', cursor: '3' }))?.items.map(({ ordinal }) => ordinal)).toEqual([
    10, 17,
  ]);
  expect(await readShelfItems(BO, { ...group, search: 'mail_3' })).toMatchObject({ items: [], next: null });
});

test('after a partial undo only the rest lies there and is downloaded, and who took the other is told; under way it is told too', async () => {
  const batch = await done(10);
  const group = { batchId: batch.batchId, category: 'noise', shelf: 'archive' };
  const undo = { batchId: (await undoBatch(ADA, { batchId: batch.batchId, ordinals: [3, 5] })).id };
  expect((await listShelf(BO)).items.map(({ category, count, undoing }) => [category, count, undoing])).toEqual([
    ['noise', 8, [{ id: undo.batchId, name: 'Undo of Rows' }]],
    ['old', 1, []],
  ]);
  await carriedOut(undo);
  expect((await listShelf(BO)).items.map(({ category, count, undoing }) => [category, count, undoing])).toEqual([
    ['noise', 6, []],
    ['old', 1, []],
  ]);
  expect(await ordinalsIn(group)).toEqual([4, 6, 7, 8, 9, 10]);
  expect(await readTakenBack(BO, group)).toEqual({
    batchName: 'Rows',
    by: [{ id: undo.batchId, name: 'Undo of Rows', count: 2 }],
  });
  expect(await readTakenBack(BO, { batchId: batch.batchId, category: 'old' })).toMatchObject({ by: [] });

  const file = async (format: 'original' | 'jsonl', shelf?: string) => {
    const { body, fileName } = await downloadDataset(BO, {
      batchId: batch.batchId,
      category: 'noise',
      format,
      ...(shelf ? { shelf } : {}),
    });
    return { fileName, text: (await buffer(body)).toString() };
  };
  const lines = [4, 6, 7, 8, 9, 10].map((ordinal) => `mail ${ordinal},sender${ordinal % 7}@example.org\n`);
  expect(await file('original', 'archive')).toEqual({ fileName: 'rows-noise-archive.csv', text: lines.join('') });
  expect((await file('jsonl', 'archive')).text.trim().split('\n')).toHaveLength(6);
  expect((await file('original', 'winter')).text).toBe('');
  // What the undo took lies there for nobody.
  const taken = await downloadDataset(BO, { batchId: undo.batchId, category: 'noise', shelf: 'archive', format: 'csv' });
  expect((await buffer(taken.body)).toString()).toBe('');
  // Classified as noise were all eight of them.
  expect((await file('original')).text.trim().split('\n')).toHaveLength(8);
});

test('what was undone lies there no longer; an undo of the undo puts it there as its own, and undoing that restores it', async () => {
  const batch = await done(10);
  const undo = await undone(batch, { category: 'noise' });
  expect(await lying()).toEqual([[batch.batchId, 'old', 'winter', 1]]);
  const again = await undone(undo);
  expect(await lying()).toEqual([
    [again.batchId, 'noise', 'archive', 8],
    [batch.batchId, 'old', 'winter', 1],
  ]);
  const [group] = (await listShelf(BO)).items;
  expect(group?.batchName).toBe('Undo of Undo of Rows');
  expect(await ordinalsIn({ batchId: again.batchId, category: 'noise', shelf: 'archive' })).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  expect(await previewUndo(ADA, { batchId: again.batchId, category: 'noise' })).toMatchObject({ restorable: 8, cannot: [] });
  const text = (
    await buffer((await downloadDataset(BO, { batchId: again.batchId, category: 'noise', shelf: 'archive', format: 'csv' })).body)
  ).toString();
  expect(text.trim().split('\n')).toHaveLength(8);
  await undone(again, { category: 'noise' });
  expect(await lying()).toEqual([[batch.batchId, 'old', 'winter', 1]]);
});

test('an item that two batches put there lies there for both; what a plan restored comes back under the name of its own category', async () => {
  const one = await done(10);
  const two = await over(one, PLAN);
  const back: PlanInput = {
    ...PLAN,
    classifier: { kind: 'rules', rules: [], otherwise: 'bring back' },
    categories: [{ name: 'bring back', action: { connector: 'shelf', do: 'restore', with: { shelf: 'winter' } } }],
    execution: { first: 0, haltAfter: { consecutive: 100, share: 1 } },
  };
  expect((await lying()).filter(([, category]) => category === 'old')).toHaveLength(2);
  const restore = await over(one, back);
  expect((await lying()).filter(([, category]) => category === 'old')).toEqual([]);
  for (const { batchId } of [one, two])
    expect((await readTakenBack(BO, { batchId }))?.by).toEqual([{ id: restore.batchId, name: 'Rows', count: 1 }]);
  const undo = await undone(restore);
  // Two entries, and one item.
  expect((await lying())[0]).toEqual([undo.batchId, 'bring back', 'winter', 1]);
  expect(await ordinalsIn({ batchId: undo.batchId, category: 'bring back', shelf: 'winter' })).toEqual([2]);
  expect(await previewUndo(ADA, { batchId: undo.batchId, category: 'bring back' })).toMatchObject({ restorable: 1 });
});

test('what was there before the shelf was shown is found by its receipts', async () => {
  const batch = await done(10);
  const undo = await undone(batch, { category: 'noise' });
  await undone(undo, { ordinals: [3, 4] });
  const read = async () =>
    (await pool.query('SELECT idempotency_key, last_batch_id, last_category FROM shelf_entry ORDER BY 1')).rows;
  const before = await read();
  expect(new Set(before.map(({ last_batch_id: id }) => id)).size).toBe(3);
  await pool.query("UPDATE shelf_entry SET last_batch_id = gen_random_uuid(), last_category = '?'");
  const migration = readFileSync(join(MIGRATIONS_DIR, '20261125220000_shelf_lying', 'migration.sql'), 'utf8');
  const updates = migration.match(/^UPDATE [^;]+;/gm) ?? [];
  expect(updates).toHaveLength(2);
  for (const update of updates) await pool.query(update);
  expect(await read()).toEqual(before);
});

test('of very many only so many are counted, and that there are more is said', async () => {
  const batch = await startedBatch(pool, { items: 1, plan: PLAN });
  const put = (from: number, to: number) =>
    pool.query(
      `INSERT INTO shelf_entry (idempotency_key, batch_id, dataset_id, ordinal, category, shelf, last_batch_id, last_category)
       SELECT gen_random_uuid(), $1, $2, n, 'noise', 'archive', $1, 'noise' FROM generate_series($3::int, $4) n`,
      [batch.batchId, batch.datasetId, from, to],
    );
  await put(1, SHELF_COUNTED_MAX);
  expect((await listShelf(BO)).items).toMatchObject([{ count: SHELF_COUNTED_MAX, more: false }]);
  await put(SHELF_COUNTED_MAX + 1, SHELF_COUNTED_MAX + 1);
  expect((await listShelf(BO)).items).toMatchObject([{ count: SHELF_COUNTED_MAX, more: true }]);
});

test('refusals: an auditor, cursors of other lists, names that can be none, a batch that is not there', async () => {
  const auditor = { ...BO, role: 'auditor' as const };
  const id = randomUUID();
  const group = { batchId: id, category: 'noise', shelf: 'archive' };
  for (const asked of [listShelf(auditor), readShelfItems(auditor, group), readTakenBack(auditor, group)])
    expect(await refusalOf(asked)).toBe('forbidden');
  expect(await refusalOf(undoBatch(BO, { batchId: id, category: 'noise' }))).toBe('forbidden');
  const at = '2026-01-01T00:00:00.000Z';
  const cursors = [
    'x',
    `${at}_${id}`,
    `${at}_${id}_["a"]`,
    `${at}_${id}_{}`,
    `${at}_${id}_["a","b\\u0000"]`,
    `${at}_x_["a","b"]`,
    '12',
  ];
  for (const cursor of cursors) expect([cursor, await refusalOf(listShelf(BO, { cursor }))]).toEqual([cursor, 'invalid']);
  expect((await listShelf(BO, { cursor: `${at}_${id}_["a","b"]` })).items).toEqual([]);
  for (const wrong of [{ batchId: 'x' }, { category: 'a\0' }, { shelf: '' }, { limit: 0 }])
    expect(await refusalOf(listShelf(BO, wrong))).toBe('invalid');
  expect(await refusalOf(readShelfItems(BO, { ...group, cursor: '-1' }))).toBe('invalid');
  expect(await refusalOf(readShelfItems(BO, { ...group, shelf: '\0' }))).toBe('invalid');
  expect(await readShelfItems(BO, group)).toBeNull();
  expect(await readTakenBack(BO, group)).toBeNull();
  expect(await refusalOf(downloadDataset(BO, { batchId: id, shelf: 'archive', format: 'csv' }))).toBe('invalid');
});
