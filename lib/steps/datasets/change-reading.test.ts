import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { env } from '#lib/env.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { previewBatch } from '#lib/steps/plans/preview-batch.ts';
import { failAbandonedUploads } from '#lib/store/datasets/items.sql.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { originals } from '#lib/store/originals/originals.ts';
import { db } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { bookOf, number, row, text } from '#test/workbook.ts';
import { changeReading } from './change-reading.ts';
import { deleteDataset } from './delete-dataset.ts';
import { downloadDataset } from './download-dataset.ts';
import { downloadUnreadable } from './download-unreadable.ts';
import { previewReading } from './preview-reading.ts';
import { readDataset, readDatasets, readItems, readUnreadable } from './read-datasets.ts';
import { readLines } from './read-lines.ts';
import { readReading } from './read-reading.ts';
import { renameDataset } from './rename-dataset.ts';
import { uploadDataset } from './upload-dataset.ts';
import { uploadFixedRows } from './upload-fixed-rows.ts';

const { pool, ownerPool } = await testDatabase();
const ada: Actor = { id: `user:${randomUUID()}`, role: 'operator', name: 'Ada', via: 'page' };

async function* bytesOf(file: string | Buffer): AsyncGenerator<Buffer> {
  yield Buffer.from(file);
}
const upload = (text: string, name = 'a.csv') => uploadDataset(ada, { name, source: bytesOf(text) });

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function refusal(act: Promise<unknown>): Promise<{ code: string; message: string; facts: Record<string, unknown> }> {
  const error = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CountersignError)) throw new Error(`not a refusal: ${String(error)}`);
  return { code: error.code, message: error.message, facts: error.facts };
}

async function readingOf(datasetId: string): Promise<Reading> {
  const reading = await readReading(ada, { datasetId });
  if (!reading) throw new Error('there is no reading');
  return reading;
}

async function arrived(id: string): Promise<DatasetView> {
  for (;;) {
    const dataset = await readDataset(ada, { id });
    if (dataset && dataset.state !== 'receiving') return dataset;
    await sleep(10);
  }
}

const originalsFolder = (): string => env().ORIGINALS_DIR ?? '';
const files = (): string[] => {
  const names = readdirSync(originalsFolder(), { recursive: true }) as string[];
  return names.filter((name) => statSync(join(originalsFolder(), name)).isFile()).sort();
};
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
let unique = 0;
/** No two tests have the same file. */
beforeEach(() => {
  unique++;
});
const table = (rows = '1,31/12/2025\n2,30/11/2025\n') => `id,when\n${rows}${unique},01/02/2025\n`;

test('where a table ends is asked with the line, keeps a batch from starting, and is answered for good', async () => {
  const { id } = await upload(`company,price\nEni,3.5\nShell ${unique},4.5\nTotal,5\n`);
  const asking = await readingOf(id);
  expect(asking).toMatchObject({ state: 'asks', items: 3 });
  expect(asking.questions).toEqual([{ path: 'layout.last', choices: [0, 3], examples: ['Total,5'] }]);
  const plan = {
    ...{ version: 2, timeZone: 'UTC', chunking: { by: 'size' }, categories: [{ name: 'keep' }] },
    classifier: { kind: 'rules', rules: [], otherwise: 'keep' },
  };
  const refused = await refusal(createBatch(ada, { datasetId: id, name: 'Too early', plan, start: true }));
  expect(refused).toMatchObject({ code: 'conflict', facts: { questions: asking.questions } });

  const cut = await changeReading(ada, { datasetId: id, change: { digest: asking.digest, layout: { last: 3 } } });
  if (!('dataset' in cut)) throw new Error('no row changed');
  expect(await arrived(cut.dataset)).toMatchObject({ state: 'ready', itemCount: 2, supersedes: id });
  expect(await readingOf(cut.dataset)).toMatchObject({ layout: { aside: [4], last: { value: 3, by: 'person' } }, questions: [] });

  const kept = await changeReading(ada, { datasetId: id, change: { digest: asking.digest, layout: { last: 0 } } });
  expect(kept).toMatchObject({ reading: { items: 3, questions: [], layout: { last: { value: 0, by: 'person' } } } });
});

test('sums between the rows of a workbook are asked about with these rows, and put aside where a person says so', async () => {
  const names = row(1, text('region'), text('item'), text('amount'));
  const groups = Array.from({ length: 60 }, (_, group) => {
    const line = 2 + group * 3;
    const item = (at: number) => row(line + at, text(`r${group}`), text(`i${at} ${unique}`), number(String(at + 1)));
    return item(0) + item(1) + row(line + 2, text(`r${group} total`), '', number('3'));
  }).join('');
  const file = await bookOf({ sheets: { a: names + groups + row(182, text('r60'), text('i0'), number('1')) } });
  const { id } = await uploadDataset(ada, { name: 'sums.xlsx', source: bytesOf(file) });
  const asking = await readingOf(id);
  expect(asking).toMatchObject({ state: 'asks', items: 181, layout: { summed: 60 } });
  expect(asking.questions).toEqual([
    { path: 'layout.sums', choices: ['rows', 'aside'], examples: ['r0 total,,3', 'r1 total,,3', 'r2 total,,3'] },
  ]);
  expect((await readLines(ada, { id, lines: [181, 182, 1, 99, 500] }))?.lines).toEqual([
    { line: 99, text: `r32,i1 ${unique},2` },
    { line: 181, text: 'r59 total,,3' },
    { line: 182, text: 'r60,i0,1' },
  ]);
  const cut = await changeReading(ada, { datasetId: id, change: { digest: asking.digest, layout: { sums: 'aside' } } });
  if (!('dataset' in cut)) throw new Error('no row changed');
  expect(await arrived(cut.dataset)).toMatchObject({ state: 'ready', itemCount: 121, supersedes: id });
  expect(await readingOf(cut.dataset)).toMatchObject({ layout: { sums: { value: 'aside', by: 'person' } }, questions: [] });
});

test('whoever says the flavour that a mailbox turned out to have has its first mails read anew by it', async () => {
  const dated = 'From a@x.org Mon Jan  5 10:00:00 2026';
  const mail = (subject: string, text: string) =>
    `${dated}\nFrom: a@x.org\nSubject: ${subject} ${unique}\nContent-Length: ${text.length}\n\n${text}\n`;
  const file = mail('one', '>From me\n') + mail('two', `Hi\n\n${dated}\nSubject: none\n\nbye\n`);
  const { id } = await upload(file, 'sized.mbox');
  const asking = await readingOf(id);
  expect(asking).toMatchObject({
    state: 'asks',
    layout: { misread: 1 },
    questions: [{ path: 'layout.flavour', choices: ['mboxcl2', 'mboxcl'] }],
  });
  const anew = await changeReading(ada, { datasetId: id, change: { digest: asking.digest, layout: { flavour: 'mboxcl2' } } });
  if (!('dataset' in anew)) throw new Error('no row changed');
  await arrived(anew.dataset);
  expect((await readItems(ada, { id: anew.dataset }))?.items[0]?.fields.text).toBe('>From me');
  expect((await readingOf(anew.dataset)).questions).toEqual([]);
});

describe('an original', () => {
  test('is one file by its digest, and the download of its dataset, blank lines and all', async () => {
    const text = `\n${table()}\n\n9\n`;
    const { id, same } = await upload(text);
    expect(same).toBeNull();
    expect(files()).toContain(sha256(text));
    const { body, fileName } = await downloadDataset(ada, { datasetId: id, format: 'original' });
    expect([fileName, await textOf(body)]).toEqual(['a.csv', text]);
    expect((await readingOf(id)).sources).toEqual([
      { name: 'a.csv', bytes: Buffer.byteLength(text), digest: sha256(text), kept: true },
    ]);
  });

  test('is shared by two uploads of the same bytes at once, and the later ones are told of the earlier', async () => {
    const text = table();
    const before = files().length;
    const both = await Promise.all([upload(text), upload(text)]);
    expect(files()).toHaveLength(before + 1);
    const [, late] = (await readDatasets(ada)).items.map(({ id }) => id);
    expect(both.map(({ id }) => id)).toContain(late);
    const third = await upload(text, 'b.csv');
    expect(both.map(({ id }) => id)).toContain(third.same?.id);
    expect(third.same).toMatchObject({ name: 'a.csv', createdAt: expect.stringMatching(/Z$/) });
  });

  test('is not there after an upload that broke off or was refused', async () => {
    const before = files();
    async function* broken() {
      yield Buffer.from(table());
      throw new Error('gone');
    }
    await refusal(uploadDataset(ada, { name: 'a.csv', source: broken() }));
    await refusal(upload('id,when\n'));
    expect(files()).toEqual(before);
  });

  test('that can’t be kept makes no dataset, and says why', async () => {
    const folder = originalsFolder();
    const file = join(folder, 'no-folder');
    writeFileSync(file, '');
    const use = (path: string) => {
      process.env.ORIGINALS_DIR = path;
      Object.assign(globalThis, { countersignEnv: undefined });
    };
    use(file);
    try {
      const refused = await refusal(upload(table()));
      expect(refused).toMatchObject({ code: 'unavailable', message: expect.stringContaining(`can’t be kept in ${file}`) });
      expect((await readDatasets(ada)).items[0]).toMatchObject({ state: 'failed', reason: refused.message });
    } finally {
      use(folder);
      rmSync(file);
    }
  });

  test('stays while it arrives again and the last dataset that had it is deleted', async () => {
    const text = table();
    let { id } = await upload(text);
    for (let round = 0; round < 8; round++) {
      const [next] = await Promise.all([upload(text), deleteDataset(ada, { datasetId: id })]);
      id = next.id;
      expect(await textOf((await downloadDataset(ada, { datasetId: id, format: 'original' })).body)).toBe(text);
      expect(files()).toContain(sha256(text));
    }
  });

  test('that nobody has any more is swept, and what is not of this database is left alone', async () => {
    const before = files();
    const [unused, unknown] = [sha256(`unused ${unique}`), sha256(`unknown ${unique}`)];
    const stranger = join('arriving', `${randomUUID()}.0011223344556677`);
    for (const name of [unused, unknown, stranger]) writeFileSync(join(originalsFolder(), name), '');
    // As a crash between the rename and the commit leaves it.
    await pool.query(`INSERT INTO source (digest, bytes) VALUES (decode($1, 'hex'), 0)`, [unused]);
    await failAbandonedUploads(db(), originals());
    expect(files()).toEqual([...before, unknown, stranger].sort());
    expect((await pool.query(`SELECT FROM source WHERE digest = decode($1, 'hex')`, [unused])).rowCount).toBe(0);
    for (const name of [unknown, stranger]) rmSync(join(originalsFolder(), name));
  });

  test('that is lost, or never was, keeps rows from being read anew, and meanings can be changed', async () => {
    const text = table();
    const { id } = await upload(text);
    rmSync(join(originalsFolder(), sha256(text)));
    const reading = await readingOf(id);
    expect(reading.sources).toMatchObject([{ kept: false }]);
    const change = { digest: reading.digest, format: 'mbox' };
    expect(await refusal(changeReading(ada, { datasetId: id, change }))).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('“a.csv” has lost its original file'),
    });
    // As an upload of an earlier version left it.
    const old = randomUUID();
    await ownerPool.query(
      `INSERT INTO dataset (id, name, state, format, dialect, bytes, digest, fields, item_count, created_by, ready_at)
       SELECT $1, 'old.csv', state, format, dialect, bytes, digest, fields, item_count, created_by, ready_at FROM dataset WHERE id = $2`,
      [old, id],
    );
    await pool.query('INSERT INTO item SELECT $1, ordinal, fields, raw, digest FROM item WHERE dataset_id = $2', [old, id]);
    const before = await readingOf(old);
    expect(before).toMatchObject({ revision: 0, sources: [], state: 'ready' });
    const layout = { delimiter: ';' };
    expect((await refusal(changeReading(ada, { datasetId: old, change: { digest: before.digest, layout } }))).message).toMatch(
      /“old.csv” was uploaded before original files were kept/,
    );
    const fields = [{ name: 'id', type: 'identifier' as const }];
    const tried = await previewReading(ada, { datasetId: old, change: { digest: before.digest, fields } });
    expect(tried).toMatchObject({ rows: false, before: { items: 3 }, after: { items: 3 } });
    const changed = await changeReading(ada, { datasetId: old, change: { digest: before.digest, fields } });
    expect(changed).toMatchObject({ reading: { revision: 1, fields: [{ type: { value: 'identifier', by: 'person' } }, {}] } });
    expect(await textOf((await downloadDataset(ada, { datasetId: old, format: 'csv' })).body)).toBe(text);
  });
});

describe('a change of meanings', () => {
  test('is a new revision of the same dataset, by a person, with what can’t be read counted over all of it', async () => {
    const { id } = await upload(table('1,31/12/2025\nx,nobody knows\n'));
    const first = await readingOf(id);
    expect(first.revision).toBe(1);
    const change = { digest: first.digest, fields: [{ name: 'when', type: 'date' as const, date: { order: 'dmy' as const } }] };
    const tried = await previewReading(ada, { datasetId: id, change });
    expect(tried).toMatchObject({ rows: false, whole: true, before: { items: 3 }, after: { items: 3, unreadable: 0 } });
    const when = tried.fields.find(({ name }) => name === 'when');
    expect(when).toMatchObject({ values: 3, changed: 3 });
    expect(when?.examples[0]).toEqual({ value: '31/12/2025', before: '31/12/2025', after: '2025-12-31T00:00:00.000' });
    expect(tried.after.fields[1]).toMatchObject({ unreadable: 1, examples: [{ line: 3, value: 'nobody knows' }] });
    expect((await readingOf(id)).revision).toBe(1);

    const changed = await changeReading(ada, { datasetId: id, change });
    if (!('reading' in changed)) throw new Error('it made a dataset');
    expect(changed.reading).toMatchObject({ dataset: id, revision: 2, items: 3 });
    expect(changed.reading.digest).not.toBe(first.digest);
    expect(changed.reading.fields[1]).toMatchObject({
      ...{ name: 'when', unreadable: 1, type: { value: 'date', by: 'person', sure: 1 } },
      date: { order: { value: 'dmy', by: 'person' } },
    });
    expect(await readMeanings(pool, { datasetId: id })).toMatchObject({ when: { type: 'date', date: { order: 'dmy' } } });
    expect((await readDatasets(ada)).items[0]?.id).toBe(id);
  });

  test('is refused as stale when the reading was changed meanwhile, also by one at the same moment', async () => {
    const { id } = await upload(table());
    const { digest } = await readingOf(id);
    const say = (type: 'text' | 'identifier') =>
      changeReading(ada, { datasetId: id, change: { digest, fields: [{ name: 'id', type }] } });
    const both = await Promise.allSettled([say('text'), say('identifier')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = await refusal(say('text'));
    expect(refused).toMatchObject({ code: 'stale', message: expect.stringContaining('“a.csv”') });
    expect((await readingOf(id)).revision).toBe(2);
  });

  test('says what is wrong with it', async () => {
    const { id } = await upload(table());
    const { digest } = await readingOf(id);
    const change = (more: object) => refusal(changeReading(ada, { datasetId: id, change: { digest, ...more } as never }));
    expect((await change({ fields: [{ name: 'nope', type: 'text' }] })).message).toBe('There is no field “nope”.');
    expect((await change({ format: 'doc' })).message).toBe('There is no format “doc”.');
    expect((await change({ fields: [{ name: 'id', type: 'colour' }] })).code).toBe('invalid');
    expect((await change({ layout: { delimiter: '' } })).code).toBe('invalid');
    expect((await change({ layout: { separator: ';' } })).message).toMatch(/separator/);
    expect((await change({ feilds: [] })).message).toMatch(/feilds/);
    for (const zone of ['Mars/Olympus', ''])
      expect((await change({ fields: [{ name: 'when', date: { zone } }] })).message).toMatch(/fields.0.date.zone.*Europe\/Rome/);
    const number = (...said: object[]) => change({ fields: said.map((one) => ({ name: 'id', ...one })) });
    expect(await number({ type: 'number', number: { decimal: ',', group: ',' } })).toMatchObject({
      code: 'invalid',
      message: '“,” can’t stand before the decimals of “id” and between its thousands too. Say both.',
    });
    expect((await number({ type: 'text' }, { type: 'number' })).message).toBe(
      '“id” is named twice. Say everything of it at once.',
    );
    expect((await change({ layout: { flavour: 'mboxo' } })).message).toMatch(/Nothing is known of the flavour of “a.csv”/);
    expect((await refusal(changeReading(ada, { datasetId: randomUUID(), change: { digest } }))).code).toBe('not_found');
  });
});

describe('a change of rows', () => {
  const mail = () => `From bo@x.org Thu Aug 22 12:36:23 2002\nFrom: bo@x.org\nSubject: ${unique}\n\ntext, and more\n`;

  test('makes a new dataset of the same file, and keeps what a person said', async () => {
    const { id } = await upload(table());
    const before = files();
    const first = await readingOf(id);
    const fields = [{ name: 'id', type: 'identifier' as const }];
    const said = await changeReading(ada, { datasetId: id, change: { digest: first.digest, fields } });
    if (!('reading' in said)) throw new Error('it made a dataset');
    const { digest } = said.reading;
    const changed = await changeReading(ada, { datasetId: id, change: { digest, layout: { delimiter: ';' } } });
    if (!('dataset' in changed)) throw new Error('it made no dataset');
    const fresh = await arrived(changed.dataset);
    expect(fresh).toMatchObject({ state: 'ready', name: 'a.csv', supersedes: id, digest: sha256(table()) });
    expect((await readDataset(ada, { id }))?.supersededBy).toEqual([changed.dataset]);
    expect((await readingOf(id)).revision).toBe(2);
    const anew = await readingOf(changed.dataset);
    expect(anew.revision).toBe(1);
    // Where the field is there still; a format that goes by another delimiter may have none of this name.
    for (const { type } of anew.fields.filter(({ name }) => name === 'id'))
      expect(type).toMatchObject({ value: 'identifier', by: 'person' });
    expect(files()).toEqual(before);
  });

  test('that the file can’t begin with is refused, and makes no dataset', async () => {
    const { id } = await upload(table());
    const { digest } = await readingOf(id);
    const newest = (await readDatasets(ada)).items[0]?.id;
    for (const [layout, message] of [
      [{ delimiter: '\n' }, /line end can’t be the delimiter/],
      [{ header: 5_000 }, /Line 5000 can’t be the header/],
      [{ charset: 'nonsense' }, /“nonsense” is no character set/],
    ] as const) {
      const refused = await refusal(changeReading(ada, { datasetId: id, change: { digest, layout } }));
      expect(refused).toMatchObject({ code: 'invalid', message: expect.stringMatching(message) });
    }
    expect((await readDatasets(ada)).items[0]?.id).toBe(newest);
  });

  test('is tried on the beginning of the file first', async () => {
    const { id } = await upload(mail(), 'a.mbox');
    const { digest } = await readingOf(id);
    const tried = await previewReading(ada, { datasetId: id, change: { digest, format: 'csv' } });
    expect(tried).toMatchObject({ rows: true, whole: true, before: { items: 1 } });
    expect(tried.after.items + tried.after.unreadable).toBeGreaterThan(1);
    expect(tried.before.rows[0]).toMatchObject({ line: 1, fields: { subject: `${unique}` } });
    expect(tried.fields.map(({ name }) => name)).not.toContain('subject');
  });

  test('whose file can’t be read so leaves a failed dataset with the words, and the old one as it is', async () => {
    const { id } = await upload(mail(), 'a.mbox');
    const { digest } = await readingOf(id);
    // Its original is not what was uploaded.
    writeFileSync(join(originalsFolder(), sha256(mail())), 'a,b\n1,2\n');
    const changed = await changeReading(ada, { datasetId: id, change: { digest, format: 'csv' } });
    if (!('dataset' in changed)) throw new Error('it made no dataset');
    expect(await arrived(changed.dataset)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('is not the file that was uploaded'),
    });
    expect(await readDataset(ada, { id })).toMatchObject({ state: 'ready', itemCount: 1, supersededBy: [] });
  });
});

describe('a batch', () => {
  const PLAN = {
    classifier: { kind: 'rules', otherwise: 'keep' },
    categories: [{ name: 'keep' }],
    chunking: { by: 'time', field: 'when', every: 'month', timeZone: 'UTC' },
  };

  test('keeps the reading that it was planned by', async () => {
    const { id } = await upload(table());
    const { digest } = await readingOf(id);
    const before = await readMeanings(pool, { datasetId: id });
    const plan = { ...PLAN, chunking: { by: 'size' } };
    const { id: batchId } = await createBatch(ada, { datasetId: id, name: 'A', plan, start: true });
    await changeReading(ada, { datasetId: id, change: { digest, fields: [{ name: 'id', type: 'text' }] } });
    expect(await readMeanings(pool, { batchId })).toEqual(before);
    expect(before).not.toMatchObject({ id: { type: 'text' } });
    expect(await readMeanings(pool, { datasetId: id })).toMatchObject({ id: { type: 'text' } });
  });

  test('is not started while its reading asks what its plan goes by, and starts when that is said', async () => {
    const { id } = await upload(table());
    const { digest } = await readingOf(id);
    // Nothing in it tells how its dates are written, so whoever says that they are dates is asked.
    await changeReading(ada, { datasetId: id, change: { digest, fields: [{ name: 'id', type: 'date' }] } });
    const asking = await readingOf(id);
    expect(asking).toMatchObject({ state: 'asks', questions: [{ path: 'fields.0.date.order', choices: ['dmy', 'mdy', 'ymd'] }] });
    const plan = { ...PLAN, chunking: { ...PLAN.chunking, field: 'id' } };
    expect((await previewBatch(ada, { datasetId: id, plan })).questions).toEqual(asking.questions);
    // A plan that goes by something else is let pass.
    expect((await previewBatch(ada, { datasetId: id, plan: { ...PLAN, chunking: { by: 'size' } } })).questions).toEqual([]);
    const { id: batchId } = await createBatch(ada, { datasetId: id, name: 'A', plan });
    const refused = await refusal(startBatch(ada, { batchId }));
    expect(refused).toMatchObject({ code: 'conflict', facts: { questions: asking.questions } });
    expect(refused.message).toMatch(/“A” can’t be started .*the date order of “id”, as in “1”: dmy or mdy or ymd/);
    const fields = [{ name: 'id', date: { order: 'mdy' as const } }];
    await changeReading(ada, { datasetId: id, change: { digest: asking.digest, fields } });
    // Its chunks were cut before that was known.
    expect((await refusal(startBatch(ada, { batchId }))).message).toMatch(
      /what “id” of “a.csv” means was changed.*Plan it again/,
    );
    const again = await createBatch(ada, { datasetId: id, name: 'B', plan, start: true });
    expect(again.state).toBe('running');
  });

  test('is not started without a word about rows that could not be read', async () => {
    const { id } = await upload(table('1,31/12/2025\nragged\n'));
    const plan = { ...PLAN, chunking: { by: 'size' } };
    expect((await previewBatch(ada, { datasetId: id, plan })).rows).toEqual({ read: 2, unreadable: 1, asks: true });
    const { id: batchId } = await createBatch(ada, { datasetId: id, name: 'A', plan });
    for (const acceptUnreadable of [undefined, 0, 2])
      expect(await refusal(startBatch(ada, { batchId, acceptUnreadable }))).toMatchObject({
        code: 'conflict',
        message: '“a.csv” has 2 of 3 rows; 1 could not be read. Fix them, or start without them (acceptUnreadable: 1).',
        facts: { unreadable: 1, rows: 3 },
      });
    await startBatch(ada, { batchId, acceptUnreadable: 1 });
    expect((await readBatch(ada, { batchId }))?.rows).toEqual({ read: 2, unreadable: 1, accepted: 1 });
  });
});

describe('rows that could not be read', () => {
  test('download whole with the first line, and come back fixed as a dataset of both files', async () => {
    const long = `3,${'x'.repeat(2_000)},more\n`;
    const { id, unreadableCount } = await upload(`id,what\r\n1,a\r\n2\r\n${long}4,d${unique}\r\n`);
    expect(unreadableCount).toBe(2);
    const { body, fileName } = await downloadUnreadable(ada, { datasetId: id });
    const toFix = await textOf(body);
    expect([fileName, toFix]).toEqual(['a-to-fix.csv', `id,what\r\n2\r\n${long}`]);
    const fixed = (text: string, leaveOut = 0) =>
      uploadFixedRows(ada, { datasetId: id, leaveOut }, { name: 'fixed.csv', source: bytesOf(text) });
    const before = files();
    expect((await refusal(fixed('id,other\n2,b\n3,c\n'))).message).toMatch(
      /columns of “fixed.csv” are not those.*“what” missing/,
    );
    const few = await refusal(fixed('id,what\n2,b\n'));
    expect(few).toMatchObject({ code: 'invalid', facts: { unreadable: 2, brought: 1, leaveOut: 1 } });
    expect(few.message).toMatch(/brings 1 row, and 2 rows could not be read.*leaveOut=1/);
    expect(files()).toEqual(before);

    const whole = await fixed(toFix.replace('2\r\n', '2,b\r\n').replace(/,x+,more/, ',c'));
    expect(whole).toMatchObject({ itemCount: 4, unreadableCount: 0 });
    const items = await readItems(ada, { id: whole.id });
    expect(items?.items.map(({ fields }) => fields.id)).toEqual(['1', '4', '2', '3']);
    // Each knows the line at which it begins, and in which of the files.
    const { rows: lines } = await pool.query('SELECT line, source FROM item WHERE dataset_id = $1 ORDER BY ordinal', [whole.id]);
    expect(lines.map(({ line, source }) => [line, source])).toEqual([
      [2, 0],
      [5, 0],
      [2, 1],
      [3, 1],
    ]);
    expect((await readingOf(whole.id)).sources.map(({ name }) => name)).toEqual(['a.csv', 'fixed.csv']);
    expect(await readDataset(ada, { id: whole.id })).toMatchObject({ name: 'a.csv', supersedes: id, digest: null });
    expect(await textOf((await downloadDataset(ada, { datasetId: whole.id, format: 'csv' })).body)).toMatch(
      /^id,what\r\n1,a\r\n4,d/,
    );

    // What is still wrong is asked for again, and comes last again.
    const half = await fixed('id,what\n2,b\nstill ragged\n');
    expect(half).toMatchObject({ itemCount: 3, unreadableCount: 1 });
    expect(await textOf((await downloadUnreadable(ada, { datasetId: half.id })).body)).toBe('id,what\r\nstill ragged\n');
    const last = await uploadFixedRows(
      ada,
      { datasetId: half.id, leaveOut: 0 },
      { name: 'again.csv', source: bytesOf('id,what\n3,c\n') },
    );
    expect(last).toMatchObject({ itemCount: 4, unreadableCount: 0 });
    expect((await readUnreadable(ada, { id: last.id }))?.items).toEqual([]);
    expect(await refusal(downloadUnreadable(ada, { datasetId: last.id }))).toMatchObject({ code: 'not_found' });
  });
});

test('rows of a table under an instruction to Excel come back fixed', async () => {
  const { id, unreadableCount } = await upload(`sep=;\nid;what\n1;a\n2;b;c;d\n${unique};x\n`);
  expect(unreadableCount).toBe(1);
  const toFix = await textOf((await downloadUnreadable(ada, { datasetId: id })).body);
  expect(toFix).toMatch(/^(sep=;\n)?id;what\n2;b;c;d\n$/);
  const text = toFix.replace('2;b;c;d', '2;b');
  const fixed = await uploadFixedRows(ada, { datasetId: id }, { name: 'fixed.csv', source: bytesOf(text) });
  expect(fixed).toMatchObject({ itemCount: 3, unreadableCount: 0 });
});

describe('a dataset is a person’s', () => {
  test('it is renamed', async () => {
    const { id } = await upload(table());
    await renameDataset(ada, { datasetId: id, name: 'x/Tickets of spring.csv' });
    expect(await readDataset(ada, { id })).toMatchObject({ name: 'Tickets of spring.csv' });
    expect((await refusal(renameDataset(ada, { datasetId: id, name: ' ' }))).code).toBe('invalid');
    expect((await refusal(renameDataset(ada, { datasetId: randomUUID(), name: 'x' }))).code).toBe('not_found');
    expect((await readingOf(id)).sources[0]?.name).toBe('a.csv');
  });

  const rowsLeft = async (id: string) =>
    (
      await pool.query(
        `SELECT (SELECT count(*)::int FROM item WHERE dataset_id = $1) AS items, (SELECT count(*)::int FROM dataset_source WHERE dataset_id = $1) AS sources,
           (SELECT count(*)::int FROM dataset_reading WHERE dataset_id = $1 AND body IS NOT NULL) AS readings`,
        [id],
      )
    ).rows[0];

  test('deleted without a batch, nothing is left but who did it and when; the file goes with the last that has it', async () => {
    const text = table();
    const [one, other] = [await upload(text), await upload(text)];
    expect(await deleteDataset(ada, { datasetId: one.id })).toEqual({ kept: 0 });
    expect(files()).toContain(sha256(text));
    expect(await readDataset(ada, { id: one.id })).toMatchObject({
      deletedBy: ada.id,
      deletedAt: expect.any(String),
      fields: [],
    });
    expect((await readDatasets(ada)).items.map(({ id }) => id)).not.toContain(one.id);
    expect(await rowsLeft(one.id)).toEqual({ items: 0, sources: 0, readings: 0 });
    for (const gone of [readItems(ada, { id: one.id }), readReading(ada, { datasetId: one.id })]) expect(await gone).toBeNull();
    expect((await refusal(deleteDataset(ada, { datasetId: one.id }))).code).toBe('not_found');
    await deleteDataset(ada, { datasetId: other.id });
    expect(files()).not.toContain(sha256(text));
    expect((await upload(text)).same).toBeNull();
  });

  test('deleted with a batch it keeps its rows, and no other batch is made of it', async () => {
    const text = table();
    const { id } = await upload(text);
    const plan = { classifier: { kind: 'rules', otherwise: 'keep' }, categories: [{ name: 'keep' }], chunking: { by: 'size' } };
    const { id: batchId } = await createBatch(ada, { datasetId: id, name: 'A', plan, start: true });
    const proposed = await createBatch(ada, { datasetId: id, name: 'B', plan });
    expect(await deleteDataset(ada, { datasetId: id })).toEqual({ kept: 2 });
    expect(await rowsLeft(id)).toEqual({ items: 3, sources: 1, readings: 1 });
    expect(files()).toContain(sha256(text));
    expect(await readBatch(ada, { batchId })).toMatchObject({ datasetId: id, rows: { read: 3 } });
    for (const ask of [
      () => createBatch(ada, { datasetId: id, name: 'C', plan }),
      () => previewBatch(ada, { datasetId: id, plan }),
      () => startBatch(ada, { batchId: proposed.id }),
    ])
      expect((await refusal(ask())).message).toBe('“a.csv” was deleted. Upload the file again.');
    expect((await refusal(downloadDataset(ada, { datasetId: id, format: 'original' }))).code).toBe('not_found');
  });

  test('a batch that is just being made of it holds it, and one that comes later is refused', async () => {
    const { id } = await upload(table());
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM dataset WHERE id = $1 FOR KEY SHARE', [id]);
    const deleted = deleteDataset(ada, { datasetId: id });
    await client.query(
      `INSERT INTO batch (id, dataset_id, name, plan, plan_digest, state, routing, created_by) VALUES ($1, $2, 'A', '{}', '', 'proposed', 'one', 'x')`,
      [randomUUID(), id],
    );
    await client.query('COMMIT');
    client.release();
    expect(await deleted).toEqual({ kept: 1 });
  });
});
