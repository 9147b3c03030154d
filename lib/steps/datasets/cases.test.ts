/** Every file of test/cases, from the upload to a plan over it: read right or asked about, and downloaded again as the bytes that it came as. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { previewBatch } from '#lib/steps/plans/preview-batch.ts';
import { testDatabase } from '#test/database.ts';
import { changeReading } from './change-reading.ts';
import { downloadDataset } from './download-dataset.ts';
import { readDataset, readItems, readUnreadable } from './read-datasets.ts';
import { readReading } from './read-reading.ts';
import { uploadDataset } from './upload-dataset.ts';

await testDatabase();
const ada: Actor = { id: `user:${randomUUID()}`, role: 'operator', name: 'Ada', via: 'page' };

const FOLDER = join(import.meta.dirname, '../../../test/cases');
const bytesOf = (name: string): Buffer => readFileSync(join(FOLDER, name));

async function upload(name: string): Promise<string> {
  async function* source() {
    yield bytesOf(name);
  }
  return (await uploadDataset(ada, { name, source: source() })).id;
}

async function readingOf(datasetId: string): Promise<Reading> {
  const reading = await readReading(ada, { datasetId });
  if (!reading) throw new Error('there is no reading');
  return reading;
}

type Right = {
  items: number;
  /** the columns of a table; of a mail some of its fields, for it has many */
  fields: string[];
  /** the first item has these values */
  first: Record<string, string>;
  /** of the reading */
  layout?: object;
  /** of the reading, by field */
  types?: Record<string, string>;
  /** the paths of what is asked */
  asks?: string[];
};

const RIGHT: Record<string, Right> = {
  '01-excel-sep-line-2cols.csv': {
    ...{ items: 2, fields: ['id', 'name'], first: { id: '1', name: 'a' } },
    layout: { aside: [1], header: { value: 2 }, delimiter: { value: ';', by: 'file' } },
  },
  '03-bank-export-metadata-rows.csv': {
    ...{ items: 19, fields: ['Datum', 'Empfaenger', 'Zweck', 'Betrag'] },
    first: { Datum: '01.01.2024', Empfaenger: 'Shop 1', Zweck: 'Rechnung 1', Betrag: '-1,50' },
    ...{ layout: { aside: [1, 2, 3], header: { value: 5 } }, types: { Datum: 'date', Betrag: 'number' } },
  },
  '05-trailing-delimiter-in-rows.csv': { items: 3, fields: ['a', 'b', 'c'], first: { a: '1', b: '2', c: '3' } },
  '07-short-rows-trailing-empties-dropped.csv': {
    ...{ items: 20, fields: ['id', 'name', 'note', 'extra'], first: { id: '0', name: 'n0', note: 'x', extra: 'y' } },
    layout: { short: 'fill', filled: 15 },
  },
  '08-space-before-quote.csv': { items: 3, fields: ['id', 'name', 'city'], first: { id: '1', name: 'Doe, Jane', city: 'Rome' } },
  '10-tsv-literal-quotes-swallow.tsv': {
    ...{ items: 4, fields: ['id', 'title', 'x'], first: { id: '1', title: '"Swing it', x: 'a' } },
    layout: { quote: { value: 'none' } },
  },
  '13-header-equal-to-a-value.csv': {
    ...{ items: 4, fields: ['message', 'spam'], first: { message: 'hello there', spam: 'ham' } },
    // Each word of its first line could be a value.
    ...{ layout: { header: { value: 1 } }, asks: ['layout.header'] },
  },
  '16-thousands-separators.csv': {
    ...{ items: 28, fields: ['id', 'amount'], first: { id: '1', amount: '1,037.50' } },
    types: { amount: 'number' },
  },
  '17-two-digit-years.csv': { items: 3, fields: ['id', 'date'], first: { id: '1', date: '3/4/26' }, types: { date: 'date' } },
  '18-all-days-below-13.csv': {
    ...{ items: 2, fields: ['id', 'date'], first: { id: '1', date: '03/04/2026' } },
    ...{ types: { date: 'date' }, asks: ['fields.1.date.order'] },
  },
  '19-cp850-msdos-csv.csv': { items: 2, fields: ['id', 'text'], first: { id: '1', text: 'Commande annulée à Orléans' } },
  '26-shift-jis-short-cells.csv': { items: 17, fields: ['名前', '年齢'], first: { 名前: '山田', 年齢: '20' } },
  '30-mbox-undated-from-no-blank.mbox': { items: 2, fields: ['from', 'subject'], first: { subject: 'one', text: 'hello' } },
  '32-mboxcl2-content-length.mbox': { items: 2, fields: ['from', 'subject'], first: { subject: 'one' } },
  '33-mail-raw-latin1.mbox': {
    ...{ items: 1, fields: ['subject', 'text'], first: { subject: 'Grüße aus Köln', text: 'Schöne Grüße' } },
  },
  '35-gmail-takeout-labels.mbox': {
    ...{
      items: 1,
      fields: ['labels', 'threadId'],
      first: { labels: 'Inbox, Important, Unread', threadId: '1790000000000000001' },
    },
  },
  '38-one-header.eml': { items: 1, fields: ['text'], first: { text: 'hi' } },
};

test('no case is left out', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(RIGHT).sort());
});

test.each(Object.entries(RIGHT))('%s', async (name, { items, fields, first, layout = {}, types = {}, asks = [] }) => {
  const id = await upload(name);
  const dataset = await readDataset(ada, { id });
  expect(dataset).toMatchObject({ state: 'ready', itemCount: items, unreadableCount: 0 });
  const names = dataset?.fields.map((field) => field.name) ?? [];
  if (dataset?.noun === 'rows') expect(names).toEqual(fields);
  else expect(names).toEqual(expect.arrayContaining(fields));
  const page = await readItems(ada, { id });
  expect(page?.items).toHaveLength(items);
  // The text of a mail ends as it does.
  const given = Object.entries(page?.items[0]?.fields ?? {}).map(([field, value]) => [field, value.trimEnd()]);
  expect(Object.fromEntries(given)).toMatchObject(first);
  expect(await readUnreadable(ada, { id })).toEqual({ items: [], next: null });

  const reading = await readingOf(id);
  expect(reading).toMatchObject({ items, unreadable: 0, layout, state: asks.length > 0 ? 'asks' : 'ready' });
  expect(reading.questions.map(({ path }) => path)).toEqual(asks);
  expect(Object.fromEntries(reading.fields.map((field) => [field.name, field.type.value]))).toMatchObject(types);

  const pieces: Uint8Array[] = [];
  for await (const piece of (await downloadDataset(ada, { datasetId: id, format: 'original' })).body) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(bytesOf(name))).toBe(true);
});

const planOf = (more: object) => ({
  ...{ version: 2, timeZone: 'UTC', chunking: { by: 'size' } },
  ...{ classifier: { kind: 'rules', otherwise: 'keep' }, categories: [{ name: 'keep' }, { name: 'move' }] },
  ...more,
});
const taking = (...where: object[]) => ({
  classifier: { kind: 'rules', rules: [{ where: [where], category: 'move' }], otherwise: 'keep' },
});

test('an amount over 1000 is found where thousands are separated, and where decimals have a comma', async () => {
  const thousands = await upload('16-thousands-separators.csv');
  const over = planOf(taking({ field: 'amount', is: 'over', value: '1000' }));
  expect((await previewBatch(ada, { datasetId: thousands, plan: over })).sort).toMatchObject({ rules: [28], otherwise: 0 });
  const bank = await upload('03-bank-export-metadata-rows.csv');
  const under = planOf(taking({ field: 'Betrag', is: 'under', value: '-1.5' }));
  expect((await previewBatch(ada, { datasetId: bank, plan: under })).sort).toMatchObject({ rules: [18], otherwise: 1 });
});

test('dates with two digits of the year are cut by their months', async () => {
  const datasetId = await upload('17-two-digit-years.csv');
  const plan = planOf({ chunking: { by: 'time', field: 'date', every: 'month' } });
  const { chunks, questions } = await previewBatch(ada, { datasetId, plan });
  expect(questions).toEqual([]);
  expect(chunks.map(({ name }) => name)).toEqual(['December 2025', 'January 2026', 'March 2026']);
});

test('dates that can be read in two ways are asked about, and planned as they are answered', async () => {
  const datasetId = await upload('18-all-days-below-13.csv');
  const plan = planOf({ chunking: { by: 'time', field: 'date', every: 'month' } });
  const { id: batchId } = await createBatch(ada, { datasetId, name: 'Too early', plan });
  const refused = await startBatch(ada, { batchId }).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(refused instanceof CountersignError)) throw new Error(`not a refusal: ${String(refused)}`);
  expect(refused).toMatchObject({ code: 'conflict', facts: { questions: [{ path: 'fields.1.date.order' }] } });
  expect(refused.message).toMatch(/“Too early”.*the date order of “date”, as in “03\/04\/2026”/);

  const { digest } = await readingOf(datasetId);
  await changeReading(ada, { datasetId, change: { digest, fields: [{ name: 'date', date: { order: 'dmy' } }] } });
  expect(await readingOf(datasetId)).toMatchObject({ state: 'ready', questions: [] });
  const { chunks } = await previewBatch(ada, { datasetId, plan });
  expect(chunks.map(({ name }) => name)).toEqual(['April 2026', 'June 2026']);
  const { state } = await createBatch(ada, { datasetId, name: 'In time', plan, start: true });
  expect(state).toBe('running');
});
