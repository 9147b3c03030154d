import { createHash, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { testDatabase } from '#test/database.ts';
import { asFile, TABLES } from '#test/fixtures/tables.ts';
import { atSize } from '#test/size.ts';
import { draftPlan } from './draft-plan.ts';
import { previewBatch } from './preview-batch.ts';

const { pool } = await testDatabase();
const ADA: Actor = { id: `user:${randomUUID()}`, role: 'operator', name: 'Ada', via: 'page' };
const REVIEWER: Actor = { ...ADA, role: 'reviewer' };

type Row = Record<string, string>;

async function dataset(rows: Row[], more: { state?: string; fields?: object[] } = {}): Promise<string> {
  const id = randomUUID();
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const fields = more.fields ?? names.map((name) => ({ name, type: 'text', filled: rows.length }));
  await pool.query(
    `INSERT INTO dataset (id, name, state, format, fields, item_count, created_by) VALUES ($1, 'rows.csv', $2, 'csv', $3, $4, $5)`,
    [id, more.state ?? 'ready', JSON.stringify(fields), rows.length, ADA.id],
  );
  const raws = rows.map((row) => Buffer.from(JSON.stringify(row)));
  await pool.query(
    `INSERT INTO item (dataset_id, ordinal, fields, raw, digest)
     SELECT $1, o, f, r, d FROM unnest($2::int[], $3::jsonb[], $4::bytea[], $5::bytea[]) AS t(o, f, r, d)`,
    [
      id,
      rows.map((_, index) => index + 1),
      rows.map((row) => JSON.stringify(row)),
      raws,
      raws.map((raw) => createHash('sha256').update(raw).digest()),
    ],
  );
  return id;
}

const MAILS: Row[] = Array.from({ length: 60 }, (_, index) => ({
  date: index === 59 ? '' : `2024-0${1 + Math.floor(index / 20)}-1${index % 10}`,
  from: index % 3 === 0 ? 'ann@shop.x' : 'bo@people.y',
  subject: `mail ${index + 1}`,
}));

const PLAN: PlanInput = {
  classifier: {
    kind: 'rules',
    rules: [
      { when: 'item.from.endsWith("@shop.x")', category: 'noise' },
      { when: 'item.subject == "mail 2"', category: 'task', why: 'it is the second' },
    ],
    otherwise: 'fyi',
  },
  categories: [
    { name: 'task', action: { connector: 'task', do: 'create', with: { title: 'Do {{subject}}' } } },
    { name: 'noise', action: { connector: 'shelf', do: 'archive' } },
    { name: 'fyi' },
  ],
  chunking: { by: 'time', field: 'date', every: 'month' },
  receiptLine: '{{verb}}: {{date}} | {{subject}}',
  receiptFields: ['date', 'subject'],
};

async function refusal(act: Promise<unknown>): Promise<CountersignError> {
  const error = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CountersignError) return error;
  throw error ?? new Error('It was not refused.');
}

test('the preview says what would happen, and writes nothing', async () => {
  const id = await dataset(MAILS);
  const counts =
    'SELECT (SELECT count(*) FROM batch)::int AS b, (SELECT count(*) FROM chunk)::int AS c, (SELECT count(*) FROM chunk_item)::int AS i';
  const before = (await pool.query(counts)).rows;
  const preview = await previewBatch(ADA, { datasetId: id, plan: PLAN });
  expect((await pool.query(counts)).rows).toEqual(before);
  expect(JSON.parse(JSON.stringify(preview))).toEqual(preview);
  expect(preview.chunks.map(({ name, itemCount, kind }) => [name, itemCount, kind])).toEqual([
    ['January 2024', 20, 'normal'],
    ['February 2024', 20, 'normal'],
    ['March 2024', 19, 'normal'],
    ['No trustworthy date', 1, 'undated'],
  ]);
  expect(preview).toMatchObject({
    soFar: false,
    itemCount: 60,
    routing: { kind: 'direct' },
    gates: { next: 'each', pilot: 1 },
    estimate: { decisions: 4 },
  });
  expect(preview.sort).toMatchObject({ exact: true, counted: 60, rules: [20, 1], otherwise: 39 });
  const [task, noise, fyi] = preview.sort.categories;
  expect(task).toMatchObject({ name: 'task', count: 1, action: { verb: 'Create a task', effect: 'undoable' } });
  expect(task?.examples).toEqual([
    {
      ordinal: 2,
      fields: { date: '2024-01-11', subject: 'mail 2' },
      why: 'it is the second',
      confidence: 0.9,
      request: expect.stringContaining('Do mail 2'),
      receiptLine: 'Task created: 2024-01-11 | mail 2',
      problem: null,
    },
  ]);
  expect(noise).toMatchObject({ count: 20, action: { connector: 'shelf', do: 'archive' } });
  expect(noise?.examples.map(({ ordinal, why }) => [ordinal, why])).toEqual(
    [1, 4, 7, 10, 13].map((ordinal) => [ordinal, 'from ends with @shop.x']),
  );
  expect(fyi).toMatchObject({ count: 39, action: null });
});

test('a template asks for the day of a date, and for nothing that its field is not', async () => {
  const id = await dataset(MAILS, {
    fields: [
      { name: 'date', type: 'date', filled: 59, iso: 'YYYY-MM-DD' },
      { name: 'from', type: 'email', filled: 60 },
      { name: 'subject', type: 'text', filled: 60 },
    ],
  });
  const titled = (title: string): PlanInput => ({
    ...PLAN,
    categories: [{ name: 'task', action: { connector: 'task', do: 'create', with: { title } } }, ...PLAN.categories.slice(1)],
    receiptLine: '{{verb}}: {{date | date}}',
  });
  const { sort } = await previewBatch(ADA, { datasetId: id, plan: titled('Since {{date | date}}') });
  expect(sort.categories[0]?.examples[0]).toMatchObject({
    request: expect.stringContaining('Since 2024-01-11'),
    receiptLine: 'Task created: 2024-01-11',
  });
  await expect(previewBatch(ADA, { datasetId: id, plan: titled('Since\n{{from | date}} {{date | dat}}') })).rejects.toMatchObject(
    {
      problems: [
        {
          path: 'categories.0.action.with.title',
          line: 2,
          column: 1,
          message: expect.stringContaining('“from” is not read as a date'),
        },
        { path: 'categories.0.action.with.title', line: 2, column: 17, message: expect.stringContaining('no filter “dat”') },
      ],
    },
  );
});

test('what was previewed is what is created', async () => {
  const id = await dataset(MAILS);
  const plan: PlanInput = { ...PLAN, chunkEdits: [{ merge: [1, 2] }, { rename: 1, to: 'Winter' }, { exclude: 3 }] };
  const preview = await previewBatch(ADA, { datasetId: id, plan });
  expect(preview).toMatchObject({ itemCount: 59, excludedCount: 1, sort: { counted: 59 } });
  const { id: batchId } = await createBatch(ADA, { datasetId: id, name: 'Mails', plan });
  const { rows } = await pool.query(
    `SELECT c.number, c.name, c.item_count AS "itemCount", min(ci.ordinal) AS "firstOrdinal", max(ci.ordinal) AS "lastOrdinal", count(*)::int AS counted
     FROM chunk c JOIN chunk_item ci ON ci.chunk_id = c.id WHERE c.batch_id = $1 GROUP BY c.id ORDER BY c.number`,
    [batchId],
  );
  const previewed = preview.chunks.map(({ number, name, itemCount, firstOrdinal, lastOrdinal }) => ({
    number,
    name,
    itemCount,
    firstOrdinal,
    lastOrdinal,
    counted: itemCount,
  }));
  expect(rows).toEqual(previewed);
  // One draw over all chunks, with a seed that no other batch has.
  const seeds = await pool.query<{ seed: Buffer | null; own: Buffer[] }>(
    'SELECT b.seed, array_agg(DISTINCT c.seed) AS own FROM batch b JOIN chunk c ON c.batch_id = b.id WHERE b.id = $1 GROUP BY b.id',
    [batchId],
  );
  expect(seeds.rows[0]?.seed).toHaveLength(32);
  expect(seeds.rows[0]?.own).toEqual([seeds.rows[0]?.seed]);
});

test('every wrong place of a plan is told at once', async () => {
  const id = await dataset(MAILS);
  const wrong: PlanInput = {
    ...PLAN,
    classifier: {
      kind: 'rules',
      rules: [
        { when: 'item.form == "a"', category: 'task' },
        { when: 'item.from ==', category: 'task' },
      ],
      otherwise: 'fyi',
    },
    categories: [
      { name: 'task', action: { connector: 'task', do: 'create', with: { title: '{{subjekt}}' } } },
      { name: 'fyi', action: { connector: 'fax', do: 'send' } },
    ],
    chunking: { by: 'time', field: 'dates', every: 'month' },
    receiptLine: '{{verb}} {{from}}',
  };
  const error = await refusal(previewBatch(ADA, { datasetId: id, plan: wrong }));
  expect(error.code).toBe('invalid');
  const paths = error.problems.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'chunking.field',
      'receiptLine',
      'classifier.rules.0.when',
      'classifier.rules.1.when',
      'categories.1.action.connector',
    ]),
  );
  expect(paths.some((path) => path.startsWith('categories.0.action.with'))).toBe(true);
  expect(error.problems.find(({ path }) => path === 'receiptLine')?.message).toBe(
    '“from” is not in receiptFields, and no other field enters a receipt. Add it to receiptFields.',
  );
  expect((await refusal(previewBatch(ADA, { datasetId: id, plan: 'nonsense' }))).code).toBe('invalid');
});

test('rules are counted while they are typed, and say what is wrong with them', async () => {
  const id = await dataset(MAILS);
  const preview = (...whens: string[]) => {
    const classifier = { kind: 'rules', rules: whens.map((when) => ({ when, category: 'a' })), otherwise: 'b' };
    const plan = { classifier, categories: [{ name: 'a' }, { name: 'b' }], chunking: { by: 'size' } };
    return previewBatch(ADA, { datasetId: id, plan });
  };
  const first = await preview('item.from.contains("shop")', 'item.subject != ""');
  expect(first).toMatchObject({ itemCount: 60, sort: { rules: [20, 40], otherwise: 0, exact: true, counted: 60 } });
  // From what was kept, and with another rule order.
  const again = await preview('item.subject != ""', 'item.from.contains("shop")');
  expect(again.sort).toMatchObject({ rules: [60, 0], otherwise: 0 });
  expect((await refusal(preview('item.from.contains("shop'))).problems).toMatchObject([
    { path: 'classifier.rules.0.when', line: 1, message: expect.stringContaining('expected a quote') },
  ]);
  const failing = await refusal(preview('timestamp(item.subject) > timestamp("2020-01-01T00:00:00Z")'));
  expect(failing.problems).toMatchObject([{ path: 'classifier.rules.0.when', message: expect.stringContaining('Item 1') }]);
});

test('hostile names and values are only names and values', async () => {
  const id = await dataset([
    JSON.parse('{"__proto__": "own", "a\'; DROP TABLE item; --": "x", "a b": ""}') as Row,
    { 'a b': 'y' },
  ]);
  const plan: PlanInput = {
    classifier: { kind: 'rules', rules: [{ when: 'item["__proto__"] == "own"', category: 'hit' }], otherwise: 'rest' },
    categories: [{ name: 'hit' }, { name: 'rest' }],
    chunking: { by: 'category', field: "a'; DROP TABLE item; --" },
  };
  const preview = await previewBatch(ADA, { datasetId: id, plan });
  expect(preview.sort.categories.map(({ count }) => count)).toEqual([1, 1]);
  expect(preview.chunks.map(({ name }) => name)).toEqual(['x', '(none)']);
});

test('above the exact limit counts come from a sample that is the same at every call', async () => {
  const id = randomUUID();
  const items = atSize(25_000, 50_000);
  await pool.query(
    `INSERT INTO dataset (id, name, state, format, fields, item_count, created_by) VALUES ($1, 'big.csv', 'ready', 'csv', '[{"name":"n","type":"text"}]', $3, $2)`,
    [id, ADA.id, items],
  );
  await pool.query(
    `INSERT INTO item (dataset_id, ordinal, fields, raw, digest)
     SELECT $1, o, jsonb_build_object('n', (o % 10)::text), ''::bytea, sha256(''::bytea) FROM generate_series(1, $2::int) o`,
    [id, items],
  );
  const classifier = { kind: 'rules', rules: [{ when: 'item.n == "3"', category: 'a' }], otherwise: 'b' };
  const plan = { classifier, categories: [{ name: 'a' }, { name: 'b' }], chunking: { by: 'size', maxItems: 5_000 } };
  const { sort: counts } = await previewBatch(ADA, { datasetId: id, plan });
  expect(counts).toMatchObject({ exact: false, counted: 20_000 });
  const [threes] = counts.rules;
  // A tenth of them: five standard deviations of a sample of 20,000 are about 120 of 25,000, and 410 of 50,000.
  expect(Math.abs((threes ?? 0) - items / 10)).toBeLessThan(atSize(150, 600));
  expect((await previewBatch(ADA, { datasetId: id, plan })).sort).toEqual(counts);
});

test('the drafted plan can be previewed as it is', async () => {
  const id = await dataset(MAILS, {
    fields: [
      { name: 'date', type: 'date', filled: 59 },
      { name: 'from', type: 'email', filled: 60 },
      { name: 'subject', type: 'text', filled: 60 },
    ],
  });
  const { plan, reasons } = await draftPlan(ADA, { datasetId: id });
  expect(plan.chunking).toMatchObject({ by: 'time', field: 'date' });
  expect(reasons.chunking).toContain('“date”');
  expect((await previewBatch(ADA, { datasetId: id, plan })).itemCount).toBe(60);
});

test('the rules that are drafted for a table catch something, and none of them everything', async () => {
  for (const table of atSize(TABLES.slice(0, 4), TABLES)) {
    const file = Buffer.from(asFile(table));
    async function* source() {
      yield file;
    }
    const { id } = await uploadDataset(ADA, { name: `${table.name}.csv`, source: source() });
    const { plan, reasons } = await draftPlan(ADA, { datasetId: id });
    expect(reasons.proposals.length, table.name).toBeGreaterThan(0);
    const { sort, questions } = await previewBatch(ADA, { datasetId: id, plan });
    expect(questions).toEqual([]);
    for (const { takes, warnings } of sort.ruleFacts) expect([takes > 0, warnings], table.name).toEqual([true, []]);
    expect(sort.otherwise, table.name).toBeGreaterThan(0);
  }
});

test('who may not plan is refused, and so is a dataset that is not there or did not arrive', async () => {
  const id = await dataset(MAILS, { state: 'failed' });
  for (const act of [
    (actor: Actor, datasetId: string) => previewBatch(actor, { datasetId, plan: PLAN }),
    (actor: Actor, datasetId: string) => draftPlan(actor, { datasetId }),
  ]) {
    expect((await refusal(act(REVIEWER, id))).code).toBe('forbidden');
    expect((await refusal(act(ADA, randomUUID()))).code).toBe('not_found');
    expect((await refusal(act(ADA, id))).code).toBe('conflict');
    expect((await refusal(act(ADA, 'not an id'))).code).toBe('invalid');
  }
});
