/** What people look for in a dataset: its file's lines, and its rows. Rows are found by text and value, and sorted by what their values mean, without anybody's search holding the database. */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import type { CountersignError } from '#lib/core/errors.ts';
import { LINES_ASKED_MAX, ORIGINAL_SHOWN_BYTES, SORT_ROWS_MAX } from '#lib/core/limits.ts';
import { certain } from '#lib/core/values/guess.ts';
import type { FieldGuess } from '#lib/core/values/meaning.ts';
import { insertReading } from '#lib/store/datasets/readings.ts';
import { db } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { deleteDataset } from './delete-dataset.ts';
import { type FindInput, findItems, readItem } from './find-items.ts';
import { readBatchesOf } from './read-batches-of.ts';
import { readLines } from './read-lines.ts';
import { readSameFile } from './read-same-file.ts';
import { uploadDataset } from './upload-dataset.ts';

const { pool } = await testDatabase();
const ADA: Actor = { id: 'user:00000000-0000-4000-8000-000000000001', role: 'operator', name: 'Ada', via: 'page' };

const BO: Actor = { ...ADA, id: 'user:00000000-0000-4000-8000-000000000002', name: 'Bo' };

async function* chunksOf(chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

const NAMES = ['Opened', 'Amount', 'Status', 'a[b]', '__proto__'];
const ROWS: [string, string, string, string, string][] = [
  ['02/01/2026', '1.234,56', 'open', 'x', 'p'],
  ['10/02/2025', '9,5', 'Open', '', 'q'],
  ['soon', '', 'closed', '100 %', 'p'],
  ['', 'n/a', 'open', 'a_b', ''],
  ['01/12/2025', '-3', 'open', 'Grüße', 'p'],
];
const field = (name: string, type: FieldGuess['type']['value'], more: Partial<FieldGuess> = {}): FieldGuess => ({
  ...{ name, label: name, type: certain(type), date: null, number: null, unreadable: 0, examples: [] },
  ...more,
});
const FIELDS: FieldGuess[] = [
  field('Opened', 'date', { date: { order: certain('dmy'), century: certain(1970), zone: certain('local') } }),
  field('Amount', 'number', { number: { decimal: certain(','), group: certain('.') } }),
  field('Status', 'text'),
];

async function seed(rows: readonly (readonly string[])[], count: number, dialect: object = {}): Promise<string> {
  const id = randomUUID();
  const profile = NAMES.map((name) => ({ name, type: 'text', filled: 0, top: [], exact: true }));
  await pool.query(
    `INSERT INTO dataset (id, name, state, created_by, format, item_count, fields, dialect) VALUES ($1, 'a.csv', 'ready', $2, 'csv', $3, $4, $5)`,
    [id, ADA.id, count, JSON.stringify(profile), JSON.stringify(dialect)],
  );
  for (const [index, values] of rows.entries()) {
    // `fromEntries` makes an own property of __proto__ too.
    const fields = JSON.stringify(Object.fromEntries(NAMES.map((name, at) => [name, values[at] ?? ''])));
    const raw = Buffer.from(`${values.join(';')}\r\n`, 'latin1');
    await pool.query('INSERT INTO item VALUES ($1, $2, $3, $4, sha256($4))', [id, index + 1, fields, raw]);
  }
  await insertReading(db(), {
    datasetId: id,
    revision: 1,
    body: { format: null, layout: {}, fields: FIELDS },
    createdBy: ADA.id,
  });
  return id;
}

let id: string;
beforeAll(async () => {
  id = await seed(ROWS, ROWS.length, { charset: 'windows-1252' });
});

const ordinals = async (asked: Omit<FindInput, 'id'>) =>
  (await findItems(ADA, { id, ...asked }))?.items.map(({ ordinal }) => ordinal);
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('It was not refused.'),
    (error: unknown) => error as CountersignError,
  );

test.each<[string, Omit<FindInput, 'id'>, number[]]>([
  ['a text in any field, letter case aside', { search: 'GRÜ' }, [5]],
  ['what LIKE would take for a pattern', { search: '%' }, [3]],
  ['and another one', { search: 'a_b' }, [4]],
  ['a value, exactly', { is: [{ field: 'Status', value: 'open' }] }, [1, 4, 5]],
  ['no value', { is: [{ field: 'a[b]', value: '' }] }, [2]],
  [
    'two values and a text',
    {
      is: [
        { field: 'Status', value: 'open' },
        { field: '__proto__', value: 'p' },
      ],
      search: 'x',
    },
    [1],
  ],
  ['nothing', { search: 'nowhere' }, []],
])('finds %s', async (_, asked, found) => {
  expect(await ordinals(asked)).toEqual(found);
});

test.each<[string, Omit<FindInput, 'id'>, number[]]>([
  ['numbers by size', { sort: 'Amount' }, [5, 2, 1, 4, 3]],
  [
    'numbers the other way, with what can’t be read and what is empty at the end all the same',
    { sort: 'Amount', order: 'desc' },
    [1, 2, 5, 4, 3],
  ],
  ['dates by time', { sort: 'Opened' }, [2, 5, 1, 3, 4]],
  ['texts in either case, those that are alike in the file’s order', { sort: 'Status' }, [3, 1, 2, 4, 5]],
  ['what was found', { sort: 'Amount', is: [{ field: 'Status', value: 'open' }] }, [5, 1, 4]],
])('sorts %s', async (_, asked, order) => {
  expect(await ordinals(asked)).toEqual(order);
});

test('pages of a sorted list and of a search follow each other', async () => {
  const pages: number[][] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof findItems>> = await findItems(ADA, { id, sort: 'Amount', limit: 2, cursor });
    pages.push(page?.items.map(({ ordinal }) => ordinal) ?? []);
    expect(page?.found).toBe(5);
    cursor = page?.next ?? null;
    if (cursor === null) break;
  }
  expect(pages).toEqual([[5, 2], [1, 4], [3]]);
  const first = await findItems(ADA, { id, is: [{ field: 'Status', value: 'open' }], limit: 1 });
  expect(first).toMatchObject({ looked: 1, found: null, next: '1' });
  expect(await ordinals({ is: [{ field: 'Status', value: 'open' }], limit: 2, cursor: first?.next })).toEqual([4, 5]);
});

test('a field that there is not is refused by its name', async () => {
  for (const asked of [{ sort: 'constructor' }, { is: [{ field: 'nothing', value: '' }] }])
    expect(await refusal(findItems(ADA, { id, ...asked }))).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('There is no field'),
    });
  expect(await findItems(ADA, { id: randomUUID(), sort: 'Amount' })).toBeNull();
});

test('a row comes with its bytes, read in the file’s character set', async () => {
  expect(await readItem(ADA, { id, ordinal: 5 })).toMatchObject({
    ...{ ordinal: 5, raw: '01/12/2025;-3;open;Grüße;p\r\n', charset: 'windows-1252', rawBytes: 28 },
    fields: { 'a[b]': 'Grüße' },
  });
  expect(await readItem(ADA, { id, ordinal: 99 })).toBeNull();
  const mails = await seed([['x'.repeat(ORIGINAL_SHOWN_BYTES)]], 1);
  const mail = await readItem(ADA, { id: mails, ordinal: 1 });
  expect([mail?.charset, mail?.raw.length]).toEqual(['UTF-8', ORIGINAL_SHOWN_BYTES]);
});

test('lines of a file are those that people see, also of what is packed', async () => {
  const file = Buffer.from('# notes\nid;name\n1;José\n', 'latin1');
  const plain = await uploadDataset(ADA, { name: 'a.csv', source: chunksOf([file]) });
  expect(await readLines(ADA, { id: plain.id, lines: [3, 1, 99] })).toEqual({
    kept: true,
    lines: [
      { line: 1, text: '# notes' },
      { line: 3, text: '1;José' },
    ],
  });
  const packed = await uploadDataset(ADA, { name: 'b.csv.gz', source: chunksOf([gzipSync('id,name\n1,Ada\n')]) });
  expect((await readLines(ADA, { id: packed.id, lines: [2] }))?.lines).toEqual([{ line: 2, text: '1,Ada' }]);
  expect(await readLines(ADA, { id, lines: [1] })).toEqual({ kept: false, lines: [] });
  for (const lines of [[], [0], [1.5], Array.from({ length: LINES_ASKED_MAX + 1 }, () => 1)])
    expect((await refusal(readLines(ADA, { id, lines }))).code).toBe('invalid');
});

test('a file that was there before is told of, with who brought it, unless this one is meant to replace it', async () => {
  const upload = (name: string, actor = ADA) =>
    uploadDataset(actor, { name, source: chunksOf([Buffer.from('a,b\n1,2\n3,4\n')]) });
  const first = await upload('first.csv');
  expect(await readSameFile(ADA, first)).toBeNull();
  const second = await upload('second.csv');
  expect(await readSameFile(ADA, second)).toMatchObject({ id: first.id, name: 'first.csv', by: null });
  expect(await readSameFile(BO, second)).toMatchObject({ id: first.id, by: 'Somebody' });
  await pool.query('UPDATE dataset SET supersedes = $2 WHERE id = $1', [second.id, first.id]);
  expect(await readSameFile(ADA, second)).toBeNull();
  await deleteDataset(ADA, { datasetId: first.id });
  expect(await readBatchesOf(ADA, { datasetId: second.id })).toEqual({ count: 0, named: [] });
  expect(await readSameFile(ADA, await upload('third.csv'))).toMatchObject({ id: second.id });
});

describe('a dataset of more rows than can be sorted', () => {
  let many: string;
  const COUNT = SORT_ROWS_MAX + 20_000;
  beforeAll(async () => {
    many = await seed([], COUNT);
    await pool.query(
      `INSERT INTO item SELECT $1, n, jsonb_build_object('Amount', n::text, 'Status', CASE n % 1000 WHEN 0 THEN 'rare' ELSE 'usual' END), '\\x61', sha256('a')
       FROM generate_series(1, $2::int) n`,
      [many, COUNT],
    );
  });

  test('is refused in words before anything is read, and what is found in it is sorted', async () => {
    const refused = await refusal(findItems(ADA, { id: many, sort: 'Amount' }));
    expect([refused.code, refused.message]).toEqual([
      'too_large',
      '120,000 rows are more than can be sorted at once, 100,000. Search or filter for less: what is found can be sorted.',
    ]);
    const usual = await refusal(findItems(ADA, { id: many, sort: 'Amount', is: [{ field: 'Status', value: 'usual' }] }));
    expect(usual.message).toMatch(/^What is looked for has more rows than can be sorted/);
    const rare = await findItems(ADA, {
      id: many,
      sort: 'Amount',
      order: 'desc',
      is: [{ field: 'Status', value: 'rare' }],
      limit: 2,
    });
    expect([rare?.found, rare?.items.map(({ ordinal }) => ordinal)]).toEqual([120, [120_000, 119_000]]);
  });

  test('is searched to its end, however many pages that takes', async () => {
    const found: number[] = [];
    for (let cursor: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof findItems>> = await findItems(ADA, { id: many, search: '999', limit: 500, cursor });
      found.push(...(page?.items ?? []).map(({ ordinal }) => ordinal));
      cursor = page?.next ?? null;
      if (cursor === null) break;
    }
    const expected = Array.from({ length: COUNT }, (_, index) => index + 1).filter((n) => String(n).includes('999'));
    expect(found).toEqual(expected);
  });
});
