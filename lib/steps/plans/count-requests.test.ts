/** What a preview tells of the requests that it would send: an approval must not be the first to find it. */
import { createHash, randomUUID } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import type { RequestFacts, RowBehind } from '#lib/shapes/plans.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { testDatabase } from '#test/database.ts';
import { ADA } from '#test/fixtures/started-batch.ts';
import { countRequests, requestWarnings } from './count-requests.ts';
import { parsePlan } from './parse-plan.ts';
import { previewBatch } from './preview-batch.ts';
import { rowsBehind } from './rows-behind.ts';

const { pool } = await testDatabase();

type Row = Record<string, string>;

async function dataset(rows: readonly Row[], fields: object[]): Promise<string> {
  const id = randomUUID();
  await pool.query(
    `INSERT INTO dataset (id, name, state, format, fields, item_count, created_by) VALUES ($1, 'rows.csv', 'ready', 'csv', $2, $3, $4)`,
    [id, JSON.stringify(fields), rows.length, ADA.id],
  );
  await pool.query(
    `INSERT INTO item (dataset_id, ordinal, fields, raw, digest) SELECT $1, o, f, ''::bytea, $4 FROM unnest($2::int[], $3::jsonb[]) AS t(o, f)`,
    [id, rows.map((_, index) => index + 1), rows.map((row) => JSON.stringify(row)), createHash('sha256').update('').digest()],
  );
  return id;
}

const text = (name: string) => ({ name, type: 'text', filled: 12 });

/** Twelve tickets; what is wrong with one stands at its place. */
const TICKETS: Row[] = Array.from({ length: 12 }, (_, index) => ({
  ...{ id: `T-${index + 1}`, subject: `ticket ${index + 1}`, kind: 'close', amount: '12' },
}));
Object.assign(TICKETS[1] as Row, { id: '' });
Object.assign(TICKETS[2] as Row, { id: '..' });
Object.assign(TICKETS[3] as Row, { id: '' });
Object.assign(TICKETS[4] as Row, { subject: 'x'.repeat(1024 ** 2) });
Object.assign(TICKETS[5] as Row, { subject: `${'x'.repeat(600_000)}${'ü'.repeat(300_000)}` });
Object.assign(TICKETS[6] as Row, { id: 'T-1' });
Object.assign(TICKETS[7] as Row, { id: 'T-1' });
Object.assign(TICKETS[8] as Row, { amount: 'twelve' });
Object.assign(TICKETS[9] as Row, { amount: 'ten' });
Object.assign(TICKETS[10] as Row, { kind: 'task', subject: ' ' });
Object.assign(TICKETS[11] as Row, { kind: 'keep', id: '' });

const FIELDS = [
  ...[text('id'), text('subject'), text('kind')],
  { name: 'amount', type: 'number', filled: 12, number: { decimal: '.', group: null } },
];

const PLAN = {
  classifier: {
    kind: 'rules',
    rules: [
      { when: 'item.kind == "close"', category: 'close' },
      { when: 'item.kind == "task"', category: 'task' },
    ],
    otherwise: 'keep',
  },
  categories: [
    {
      name: 'close',
      action: {
        ...{ connector: 'http', do: 'PUT' },
        with: { url: 'https://example.com/tickets/{{id}}', body: { subject: '{{subject}}', amount: '{{amount | number}}' } },
      },
    },
    { name: 'task', action: { connector: 'task', do: 'create', with: { title: '{{subject}}' } } },
    { name: 'keep' },
  ],
  chunking: { by: 'size', maxItems: 50 },
};

const rowsOf = async (datasetId: string, of: object, plan: object = PLAN): Promise<RowBehind[]> => {
  const rows: RowBehind[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof rowsBehind>> = await rowsBehind(ADA, {
      datasetId,
      plan,
      of,
      cursor,
      limit: 3,
    } as never);
    rows.push(...page.items);
    cursor = page.next;
    if (cursor === null) return rows;
  }
};

const told = ({ problems }: RequestFacts) =>
  problems.map(({ reason, count, field, ordinals }) => [reason, count, field, ordinals]);

test('what can’t be built is counted by its reason, with the field and the rows; and the batch starts all the same', async () => {
  const datasetId = await dataset(TICKETS, FIELDS);
  const preview = await previewBatch(ADA, { datasetId, plan: PLAN });
  const [close, task] = preview.requests;
  expect(
    preview.requests.map(({ category, exact, tried, built, unbuildable }) => [category, exact, tried, built, unbuildable]),
  ).toEqual([
    ['close', true, 10, 3, 7],
    ['task', true, 1, 0, 1],
  ]);
  expect(told(close as RequestFacts)).toEqual([
    ["A part of the URL's path is empty (id).", 2, 'id', [2, 4]],
    ['Its request would have more than 1048576 bytes, the limit.', 2, null, [5, 6]],
    ['“amount” can’t be read as a number, so {{amount | number}} has no value.', 2, 'amount', [9, 10]],
    ["A part of the URL's path would be “..”, which changes the path.", 1, 'id', [3]],
  ]);
  for (const { reason, count, ordinals } of close?.problems ?? []) {
    const rows = await rowsOf(datasetId, { unbuildable: 'close', reason });
    expect([rows.length, rows.slice(0, 5).map(({ ordinal }) => ordinal)]).toEqual([count, ordinals]);
  }
  expect(told(task as RequestFacts)).toEqual([
    ['The title of its task is empty. Add a word of your own to the template.', 1, 'subject', [11]],
  ]);
  expect(preview.warnings).toContainEqual({
    code: 'unbuildable',
    message:
      '8 requests can’t be built. A chunk with such an item can’t be approved until the item is in a category without this action.',
    facts: {
      count: 8,
      categories: [
        { category: 'close', count: 7 },
        { category: 'task', count: 1 },
      ],
    },
  });
  const rows = await rowsOf(datasetId, { unbuildable: 'close' });
  expect(rows.map(({ ordinal }) => ordinal)).toEqual([2, 3, 4, 5, 6, 9, 10]);
  expect(rows[0]).toMatchObject({ category: 'close', problem: "Item 2: a part of the URL's path is empty (id)." });
  expect((await rowsOf(datasetId, { unbuildable: 'task' })).map(({ ordinal }) => ordinal)).toEqual([11]);
  expect(await rowsOf(datasetId, { unbuildable: 'keep' })).toEqual([]);
  const { id } = await createBatch(ADA, { datasetId, name: 'all the same', plan: PLAN as never, start: true });
  expect(id).toBeTruthy();
});

test('two items that would change the same thing are told, without any word of independence in the plan', async () => {
  const datasetId = await dataset(TICKETS, FIELDS);
  const { warnings } = await previewBatch(ADA, { datasetId, plan: PLAN });
  expect(warnings.find(({ code }) => code === 'same_target')).toEqual({
    code: 'same_target',
    message:
      '3 items would change the same thing as another item, in 1 group. Name the field that says what an action changes under Independence: then they run one after the other. Items 1, 7, 8: https://example.com/tickets/T-1',
    facts: {
      ...{ groups: 1, items: 3, exact: true },
      examples: [{ target: 'https://example.com/tickets/T-1', count: 3, ordinals: [1, 7, 8] }],
    },
  });
  const rows = await rowsOf(datasetId, { sameTarget: true });
  expect(rows.map(({ ordinal, problem }) => [ordinal, problem])).toEqual([
    [1, null],
    [7, null],
    [8, null],
  ]);
  const declared = await previewBatch(ADA, { datasetId, plan: { ...PLAN, independence: { resource: ['id'] } } });
  expect(declared.warnings.find(({ code }) => code === 'same_target')?.message).not.toContain('Name the field');
});

test('nothing is told of a plan whose requests can all be built, and of items that are left out', async () => {
  const datasetId = await dataset(TICKETS, FIELDS);
  const archive = {
    ...PLAN,
    categories: PLAN.categories.map(({ name }) => ({ name, action: { connector: 'shelf', do: 'archive' } })),
  };
  const preview = await previewBatch(ADA, { datasetId, plan: archive });
  expect(preview.requests.map(({ built, unbuildable, problems }) => [built, unbuildable, problems])).toEqual([
    [10, 0, []],
    [1, 0, []],
    [1, 0, []],
  ]);
  expect(preview.warnings).toEqual([]);
  const few = { ...PLAN, chunking: { by: 'size', maxItems: 6 }, chunkEdits: [{ exclude: 1 }] };
  const rest = await previewBatch(ADA, { datasetId, plan: few });
  expect(rest.requests.map(({ unbuildable, problems }) => [unbuildable, problems.map(({ ordinals }) => ordinals)])).toEqual([
    [2, [[9, 10]]],
    [1, [[11]]],
  ]);
  expect((await rowsOf(datasetId, { sameTarget: true }, few)).map(({ ordinal }) => ordinal)).toEqual([7, 8]);
});

afterEach(() => vi.restoreAllMocks());

test('when time is up, what was tried stands for the rest, from the whole of the file', async () => {
  const rows = Array.from({ length: 1_200 }, (_, index) => ({ id: index % 2 === 0 || index > 900 ? 'same' : '' }));
  const datasetId = await dataset(rows, [text('id')]);
  const plan = parsePlan({
    classifier: { kind: 'rules', rules: [], otherwise: 'close' },
    categories: [{ name: 'close', action: { connector: 'http', do: 'DELETE', with: { url: 'https://example.com/{{id}}' } } }],
    chunking: { by: 'size', maxItems: 50 },
  });
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 60_000));
  const counted = new Map([['close', rows.map((_, index) => index + 1)]]);
  const result = await countRequests({ datasetId, plan, filters: null, counted, scale: (count) => 10 * count, exact: true });
  const [close] = result.requests;
  expect(close).toMatchObject({ exact: false, tried: 400 });
  const wrong = rows.filter(({ id }) => id === '').length;
  expect(Math.abs((close?.unbuildable ?? 0) - 10 * wrong)).toBeLessThan(100);
  expect((close?.built ?? 0) + (close?.unbuildable ?? 0)).toBe(12_000);
  expect(requestWarnings(result, plan).map(({ message }) => message.split(' ').slice(0, 2).join(' '))).toEqual([
    `About ${close?.unbuildable.toLocaleString('en-US')}`,
    'At least',
  ]);
});
