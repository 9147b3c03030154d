import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { downloadDataset } from '#lib/steps/datasets/download-dataset.ts';
import { assignFollowUp, finishFollowUp } from '#lib/steps/tasks/change-follow-up.ts';
import { exportFollowUps } from '#lib/steps/tasks/export-follow-ups.ts';
import { listFollowUps } from '#lib/steps/tasks/list-follow-ups.ts';
import { db } from '#lib/store/postgres/db.ts';
import { searchTaskPage } from '#lib/store/tasks/follow-ups.ts';
import { testDatabase } from '#test/database.ts';

const { prisma, pool } = await testDatabase();

const reviewer: Actor = { id: `user:${randomUUID()}`, role: 'reviewer', name: 'Bo', via: 'page' };
const auditor: Actor = { ...reviewer, role: 'auditor' };
const HEADER = Buffer.from('\ufeffid;Betr\u00e4ge\r\n', 'utf8');

const csv = randomUUID();
const mbox = randomUUID();
const csvBatch = randomUUID();
const mboxBatch = randomUUID();

const row = (ordinal: number) => Buffer.from(`${ordinal};"a\0\xff ""${ordinal}"""${ordinal === 2_500 ? '' : '\r\n'}`, 'latin1');
const mails = [
  Buffer.from('From a@x Mon Jan  1 10:00:00 2024\nSubject: one\n\nbody\n>From here\n\n', 'latin1'),
  Buffer.from('Subject: two\n\nFrom there\n', 'latin1'),
  Buffer.from('From c@x Mon Jan  1 10:00:00 2024\nSubject: three\n\nlast \xff', 'latin1'),
];
const categoryOf = (ordinal: number) => (ordinal % 10 === 0 ? 'keep' : 'noise');

beforeAll(async () => {
  await seedDataset(
    csv,
    'Sales: 2024/Q1.csv',
    'csv',
    { charset: 'UTF-8', lineEnd: 'LF', header: HEADER.toString('base64') },
    Array.from({ length: 2_500 }, (_, index) => row(index + 1)),
  );
  await seedDataset(mbox, 'mail.mbox', 'mbox', {}, mails);
  await seedBatch(csvBatch, csv, 2_500);
  await seedBatch(mboxBatch, mbox, 2);
});

async function seedDataset(id: string, name: string, format: string, dialect: object, raws: Buffer[]): Promise<void> {
  const fields = [{ name: 'subject' }, { name: 'from' }];
  await prisma.dataset.create({
    data: { id, name, state: 'ready', format, dialect, fields, itemCount: raws.length, createdBy: reviewer.id },
  });
  await pool.query(
    `INSERT INTO item (dataset_id, ordinal, fields, raw, digest)
     SELECT $1, n, jsonb_build_object('from', 'ann', 'subject', 's' || n), raw, sha256(raw) FROM unnest($2::bytea[]) WITH ORDINALITY AS t(raw, n)`,
    [id, raws],
  );
}

async function seedBatch(id: string, datasetId: string, classified: number): Promise<void> {
  const chunkId = randomUUID();
  const plan = { categories: [{ name: 'keep' }, { name: 'noise' }, { name: 'empty' }] };
  await prisma.batch.create({
    data: {
      id,
      datasetId,
      name: 'B',
      plan,
      planDigest: Buffer.alloc(32),
      state: 'running',
      routing: 'direct',
      createdBy: reviewer.id,
    },
  });
  await prisma.chunk.create({
    data: {
      id: chunkId,
      batchId: id,
      number: 1,
      name: 'all',
      itemCount: classified,
      state: 'awaiting_review',
      seed: Buffer.alloc(32),
    },
  });
  await pool.query(
    `INSERT INTO classification (batch_id, chunk_id, ordinal, category, why, confidence, "by", revision)
     SELECT $1, $2, n, category, '', 1, 'rules', 1 FROM unnest($3::text[]) WITH ORDINALITY AS t(category, n)`,
    [id, chunkId, Array.from({ length: classified }, (_, index) => categoryOf(index + 1))],
  );
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

const refusalOf = async (asked: Promise<unknown>) => {
  try {
    await asked;
  } catch (error) {
    if (error instanceof CountersignError) return error.code;
    throw error;
  }
  return null;
};

describe('downloadDataset', () => {
  test('gives a CSV back byte for byte, header and all', async () => {
    const { fileName, contentType, body } = await downloadDataset(reviewer, { datasetId: csv, format: 'original' });
    expect([fileName, contentType]).toEqual(['Sales-2024-Q1.csv', 'text/csv; charset=utf-8']);
    const all = Array.from({ length: 2_500 }, (_, index) => row(index + 1));
    expect(await bytesOf(body)).toEqual(Buffer.concat([HEADER, ...all, Buffer.from('\r\n')]));
  });

  test('gives one category of a batch, its rows as they were', async () => {
    const { fileName, body } = await downloadDataset(reviewer, { batchId: csvBatch, format: 'csv', category: 'keep' });
    expect(fileName).toBe('Sales-2024-Q1-keep.csv');
    const kept = Array.from({ length: 250 }, (_, index) => row((index + 1) * 10));
    expect(await bytesOf(body)).toEqual(Buffer.concat([HEADER, ...kept, Buffer.from('\r\n')]));
  });

  test('a category without items is a header', async () => {
    const { body } = await downloadDataset(reviewer, { batchId: csvBatch, format: 'csv', category: 'empty' });
    expect(await bytesOf(body)).toEqual(HEADER);
  });

  test('gives mail as an mbox that reads back', async () => {
    const { contentType, body } = await downloadDataset(reviewer, { datasetId: mbox, format: 'mbox' });
    expect(contentType).toBe('application/mbox');
    const text = (await bytesOf(body)).toString('latin1');
    expect(text).toBe(
      'From a@x Mon Jan  1 10:00:00 2024\nSubject: one\n\nbody\n>From here\n\n' +
        'From MAILER-DAEMON Thu Jan  1 00:00:00 1970\nSubject: two\n\n>From there\n\n' +
        'From c@x Mon Jan  1 10:00:00 2024\nSubject: three\n\nlast \xff\n\n',
    );
    expect(text.match(/(?<=^|\n\n)From /g)).toHaveLength(3);
  });

  test('gives fields as JSON lines in the order of the file, with what was classified', async () => {
    const { body } = await downloadDataset(reviewer, { batchId: mboxBatch, format: 'jsonl' });
    expect((await bytesOf(body)).toString()).toBe(
      '{"ordinal":1,"fields":{"subject":"s1","from":"ann"},"category":"noise"}\n{"ordinal":2,"fields":{"subject":"s2","from":"ann"},"category":"noise"}\n',
    );
    const whole = await downloadDataset(reviewer, { datasetId: mbox, format: 'jsonl' });
    expect((await bytesOf(whole.body)).toString().split('\n')[2]).toBe(
      '{"ordinal":3,"fields":{"subject":"s3","from":"ann"},"category":null}',
    );
  });

  test('large items come one at a time', async () => {
    const id = randomUUID();
    const raws = Array.from({ length: 6 }, (_, index) =>
      Buffer.from(`From a Mon Jan  1 10:00:00 2024\n\n${String(index).repeat(3 * 1024 ** 2)}\n\n`),
    );
    await seedDataset(id, 'large.mbox', 'mbox', {}, raws);
    const { body } = await downloadDataset(reviewer, { datasetId: id, format: 'mbox' });
    let largest = 0;
    let bytes = 0;
    for await (const piece of body) {
      largest = Math.max(largest, piece.length);
      bytes += piece.length;
    }
    expect(bytes).toBe(Buffer.concat(raws).length);
    expect(largest).toBeLessThan(4 * 1024 ** 2);
  });

  test('refusals', async () => {
    expect(await refusalOf(downloadDataset(auditor, { datasetId: csv, format: 'csv' }))).toBe('forbidden');
    expect(await refusalOf(downloadDataset(reviewer, { datasetId: csv, format: 'mbox' }))).toBe('unsupported');
    expect(await refusalOf(downloadDataset(reviewer, { datasetId: mbox, format: 'csv' }))).toBe('unsupported');
    expect(await refusalOf(downloadDataset(reviewer, { datasetId: randomUUID(), format: 'csv' }))).toBe('not_found');
    expect(await refusalOf(downloadDataset(reviewer, { batchId: randomUUID(), format: 'csv' }))).toBe('not_found');
    expect(await refusalOf(downloadDataset(reviewer, { batchId: csvBatch, format: 'csv', category: 'nope' }))).toBe('invalid');
    expect(await refusalOf(downloadDataset(reviewer, { datasetId: csv, format: 'csv', category: 'keep' }))).toBe('invalid');
    expect(await refusalOf(downloadDataset(reviewer, { datasetId: csv, batchId: csvBatch, format: 'csv' }))).toBe('invalid');
    expect(await refusalOf(downloadDataset(reviewer, { datasetId: csv, format: 'exe' as 'csv' }))).toBe('invalid');
  });
});

describe('follow-ups', () => {
  test('are listed newest first by pages, and finished once', async () => {
    await pool.query(
      `INSERT INTO follow_up (idempotency_key, batch_id, dataset_id, ordinal, title, body)
       SELECT 'k' || n, $1, $2, n, 'T' || n, '' FROM generate_series(1, 5) n`,
      [csvBatch, csv],
    );
    const first = await listFollowUps(reviewer, { limit: 3, state: 'open' });
    expect(first.items.map(({ title, batchName }) => [title, batchName])).toEqual([
      ['T5', 'B'],
      ['T4', 'B'],
      ['T3', 'B'],
    ]);
    const second = await listFollowUps(reviewer, { limit: 3, state: 'open', cursor: first.next });
    expect([second.items.map(({ title }) => title), second.next]).toEqual([['T2', 'T1'], null]);

    const id = first.items[0]?.id ?? '';
    const done = await finishFollowUp(reviewer, { id, done: true });
    expect(done).toMatchObject({ doneBy: 'Somebody unknown', about: expect.any(String) });
    expect(await finishFollowUp({ ...reviewer, id: 'key:env' }, { id, done: true })).toEqual(done);
    expect((await listFollowUps(reviewer, { state: 'open' })).items.map(({ title }) => title)).toEqual(['T4', 'T3', 'T2', 'T1']);
    expect((await listFollowUps(reviewer, { state: 'over' })).items).toMatchObject([
      { title: 'T5', doneBy: 'Somebody unknown', doneAt: done.doneAt },
    ]);
    expect((await listFollowUps(reviewer)).items).toHaveLength(5);
  });

  test('are searched a step at a time, until the time is over: a page may find none, and says how many it looked at and where it goes on', async () => {
    const look = (search: string, before: bigint | null, more: { ms?: number; limit?: number } = {}) =>
      searchTaskPage(db(), { batchId: csvBatch, search }, { before, limit: 50, ms: 0, step: 2, ...more });
    const first = await look('t1', null);
    expect(first).toMatchObject({ tasks: [], looked: 2, next: expect.any(BigInt) });
    const second = await look('t1', first.next);
    expect(second).toMatchObject({ tasks: [], looked: 2 });
    expect(await look('t1', second.next)).toMatchObject({ tasks: [{ title: 'T1' }], looked: 1, next: null });
    // With time left it goes on by itself; a full page ends at its last task.
    expect(await look('t1', null, { ms: 60_000 })).toMatchObject({ tasks: [{ title: 'T1' }], looked: 5, next: null });
    const full = await look('t', null, { ms: 60_000, limit: 3 });
    expect(full).toMatchObject({
      tasks: [{ title: 'T5' }, { title: 'T4' }, { title: 'T3' }],
      looked: 3,
      next: full.tasks[2]?.id,
    });
    expect(await listFollowUps(reviewer, { search: 't1' })).toMatchObject({ items: [{ title: 'T1' }], looked: 5, next: null });
  });

  test('are given to somebody, found by whose they are and by their words, open again with a trace, and downloaded', async () => {
    const [one, two] = (await listFollowUps(reviewer, { state: 'open' })).items;
    const { id = '' } = one ?? {};
    expect((await assignFollowUp(reviewer, { id, to: 'me' })).assignee).toMatchObject({ you: true });
    const titles = async (asked: Parameters<typeof listFollowUps>[1]) =>
      (await listFollowUps(reviewer, asked)).items.map(({ title }) => title);
    expect(await titles({ who: 'me' })).toEqual([one?.title]);
    expect(await titles({ who: 'nobody', state: 'open', limit: 1 })).toEqual([two?.title]);
    expect(await titles({ search: 't3' })).toEqual(['T3']);
    // What stands for other characters in a pattern is looked for as it is, and what the database can’t hold is left out.
    for (const search of ['%', '_', 'T_', '\\']) expect([search, await titles({ search })]).toEqual([search, []]);
    expect(await titles({ search: 'T3\0' })).toEqual(['T3']);
    expect(await titles({ batch: randomUUID() })).toEqual([]);
    expect(await refusalOf(assignFollowUp(reviewer, { id, to: randomUUID() }))).toBe('invalid');
    await finishFollowUp(reviewer, { id, done: true });
    expect(await finishFollowUp(reviewer, { id, done: false })).toMatchObject({ doneAt: null, doneBy: null });
    const { rows } = await pool.query('SELECT kind, "to" FROM follow_up_act WHERE follow_up_id = $1 ORDER BY id', [id]);
    expect(rows).toEqual([
      { kind: 'assigned', to: reviewer.id },
      { kind: 'done', to: null },
      { kind: 'reopened', to: null },
    ]);

    await pool.query(`UPDATE follow_up SET title = '=1+1' WHERE id = $1`, [id]);
    const file = (await bytesOf((await exportFollowUps(reviewer, { format: 'csv', who: 'me' })).body)).toString();
    expect(file.split('\r\n').map((line) => line.split(',')[0])).toEqual(['title', "'=1+1", '']);
    expect(await refusalOf(exportFollowUps(auditor, { format: 'csv' }))).toBe('forbidden');
  });

  test('refusals', async () => {
    expect(await refusalOf(finishFollowUp(reviewer, { id: '999999', done: true }))).toBe('not_found');
    expect(await refusalOf(finishFollowUp(reviewer, { id: "1' OR 1", done: true }))).toBe('not_found');
    expect(await refusalOf(finishFollowUp(auditor, { id: '1', done: true }))).toBe('forbidden');
    expect(await refusalOf(listFollowUps(auditor))).toBe('forbidden');
    expect(await refusalOf(listFollowUps(reviewer, { cursor: 'x' }))).toBe('invalid');
  });
});
