import { randomUUID } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { keepRoom, ROOM_BYTES, takeRoom } from '#lib/engine/download-rooms.ts';
import { leafHash } from '#lib/ledger/canonical.ts';
import { readReceipt } from '#lib/ledger/receipt.ts';
import { exportedReceipts } from '#lib/store/receipts/export.sql.ts';
import { readMoment } from '#lib/store/receipts/trail.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type SeededBatch, type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { exportReceipts } from './export-receipts.ts';

const { pool, superPool } = await testDatabase();
const AUDITOR: Actor = { id: `user:${randomUUID()}`, role: 'auditor', name: 'Ada', via: 'page' };
const BO = randomUUID();

async function text(batchId: string, format: 'jsonl' | 'csv' | 'md'): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of (await exportReceipts(AUDITOR, { batchId, format })).body) parts.push(part);
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
}

const item = (subject: string, more: Partial<SeedItem> = {}): SeedItem => ({
  fields: { date: '2020-11-03', from: 'deals@shop.x', subject },
  category: 'noise',
  receipts: ['intent', 'outcome:succeeded'],
  ...more,
});

let batch: SeededBatch;
beforeAll(async () => {
  await pool.query(`INSERT INTO "user" (id, name, email, role) VALUES ($1, 'Bo', 'bo@example.org', 'reviewer')`, [BO]);
  batch = await seedBatch(pool, {
    name: 'Mail 2026\n# forged',
    plan: { receiptFields: ['date', 'from', 'subject'] },
    chunks: [
      {
        name: 'March 2024',
        state: 'executing',
        decidedBy: `user:${BO}`,
        items: [
          ...[
            item('Weekly deals'),
            item('hi\n# forged\n- Archived: forged'),
            item('=HYPERLINK("http://evil")'),
            item('</script><b> 🎉 \\u0000'),
          ],
          ...[item('broken', { receipts: ['intent', 'outcome:failed'] }), item('still out', { receipts: ['intent'] })],
          ...[
            item('who knows', { receipts: ['intent', 'outcome:uncertain'], reason: 'timeout' }),
            item('secret', { erased: true }),
          ],
          ...[
            item('settled', { receipts: ['intent', 'outcome:uncertain', 'resolution:succeeded'], reason: 'timeout' }),
            item('next', { receipts: [] }),
          ],
          ...[item('kept', { category: 'keep', receipts: [] })],
        ],
      },
      { name: 'Not yet', state: 'awaiting_review', items: [item('later', { receipts: [] })] },
    ],
  });
});

describe('JSON lines, half way', () => {
  test('a line per receipt with its body, seq, leaf and values, then the summary', async () => {
    const lines = (await text(batch.batchId, 'jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const summary = lines.pop();
    const { rows } = await pool.query(
      "SELECT seq, body, encode(leaf, 'hex') AS leaf FROM receipt WHERE batch_id = $1 ORDER BY chunk, seq",
      [batch.batchId],
    );
    expect(lines).toHaveLength(rows.length);
    rows.forEach(({ seq, body, leaf }, index) => {
      const { seq: own, leaf: ownLeaf, fields: _, ...members } = lines[index];
      expect(members).toEqual(readReceipt(body));
      expect([own, ownLeaf]).toEqual([seq, leaf]);
      expect(leafHash(body).toString('hex')).toBe(leaf);
    });
    expect(lines[2]).toMatchObject({
      kind: 'outcome',
      ordinal: 1,
      fields: { date: '2020-11-03', from: 'deals@shop.x', subject: 'Weekly deals' },
    });
    expect(summary).toMatchObject({
      kind: 'summary',
      receipts: rows.length,
      sum: { approved: 10, done: 6, failed: 1, uncertain: 1, inFlight: 1, waiting: 1, addsUp: true },
      unresolved: [
        { ordinal: 6, state: 'in_flight' },
        { ordinal: 7, state: 'uncertain', reason: 'timeout' },
      ],
    });
  });

  test('a line has the very bytes of its body, and pages of any size give the same lines', async () => {
    const jsonl = await text(batch.batchId, 'jsonl');
    const { rows } = await pool.query(
      `SELECT convert_from(body, 'UTF8') AS body FROM receipt WHERE batch_id = $1 ORDER BY chunk, seq`,
      [batch.batchId],
    );
    for (const { body } of rows) expect(jsonl).toContain(`${body.slice(0, -1)},"seq":`);
    const moment = await readMoment(pool, batch.batchId);
    const seen = async (most?: { receipts: number; bytes: number }) => {
      const lines: string[] = [];
      for await (const page of exportedReceipts(pool, moment!, most))
        while (page.next()) {
          const members = Buffer.alloc(page.memberBytes);
          const end = page.writeMembers(members, 0);
          lines.push(`${page.chunk}-${page.seq} ${page.bytes.subarray(page.bodyAt, page.bodyEnd)} ${members.subarray(0, end)}`);
        }
      return lines;
    };
    const whole = await seen();
    expect(whole).toHaveLength(rows.length);
    expect(await seen({ receipts: 7, bytes: 2_000 })).toEqual(whole);
    expect(await seen({ receipts: 3, bytes: 1 })).toEqual(whole);
  });

  test('lines are the same in memory that another download was written into', async () => {
    const withoutSum = (jsonl: string) => jsonl.split('\n').slice(0, -2);
    const before = withoutSum(await text(batch.batchId, 'jsonl'));
    keepRoom(new Uint8Array(ROOM_BYTES).fill(0x21).buffer);
    expect(withoutSum(await text(batch.batchId, 'jsonl'))).toEqual(before);
    // Memory of another size is nobody's room.
    keepRoom(new ArrayBuffer(8));
    expect(takeRoom(1)).toHaveLength(ROOM_BYTES);
  });

  test('erased values are gone and said to be', async () => {
    const jsonl = await text(batch.batchId, 'jsonl');
    expect(jsonl).not.toContain('secret');
    const line = jsonl.split('\n').find((one) => one.includes('"ordinal":8') && one.includes('"outcome"'));
    expect(JSON.parse(line ?? '').fields).toEqual({ date: '[erased]', from: '[erased]', subject: '[erased]' });
  });

  test('every intent has its terminal receipt or is listed as unresolved', async () => {
    const lines = (await text(batch.batchId, 'jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { unresolved } = lines.pop();
    const open = new Set(unresolved.map(({ ordinal }: { ordinal: number }) => ordinal));
    const ended = new Set(
      lines
        .filter(({ kind, result }) => (kind === 'outcome' && result !== 'uncertain') || kind === 'resolution')
        .map(({ ordinal }) => ordinal),
    );
    for (const { ordinal } of lines.filter(({ kind }) => kind === 'intent'))
      expect(open.has(ordinal) !== ended.has(ordinal)).toBe(true);
  });
});

describe('CSV', () => {
  test('a row per receipt, then what is unresolved; nothing that a spreadsheet would run', async () => {
    const csv = await text(batch.batchId, 'csv');
    const rows = parse(csv, { columns: true, record_delimiter: '\r\n' }) as Record<string, string>[];
    const { rows: counted } = await pool.query('SELECT count(*)::int AS n FROM receipt WHERE batch_id = $1', [batch.batchId]);
    expect(rows.filter(({ kind }) => kind !== 'unresolved')).toHaveLength(counted[0].n);
    expect(rows.filter(({ kind }) => kind === 'unresolved').map(({ ordinal, result }) => [ordinal, result])).toEqual([
      ['6', 'in_flight'],
      ['7', 'uncertain'],
    ]);
    for (const row of rows) for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    expect(rows.find(({ ordinal }) => ordinal === '3')?.['field.subject']).toBe(`'=HYPERLINK("http://evil")`);
    expect(rows.find(({ ordinal, kind }) => ordinal === '2' && kind === 'outcome')).toMatchObject({
      line: 'Archived: 2020-11-03 | deals@shop.x | hi # forged - Archived: forged',
      'field.subject': 'hi\n# forged\n- Archived: forged',
      category: 'noise',
    });
  });
});

describe('Markdown', () => {
  test('the task body: a heading per decision, a line per ending, what is open, and the sum', async () => {
    const md = await text(batch.batchId, 'md');
    expect(md).toBe(`# Mail 2026 \\# forged

## Chunk 1 · March 2024 — approved by Bo, 10 noise, 1 keep, 2026-11-23 14:02 UTC

- Archived: 2020-11-03 | deals@shop.x | Weekly deals
- Archived: 2020-11-03 | deals@shop.x | hi \\# forged - Archived: forged
- Archived: 2020-11-03 | deals@shop.x | =HYPERLINK("http\\://evil")
- Archived: 2020-11-03 | deals@shop.x | \\</script\\>\\<b\\> 🎉 \\\\u0000
- Failed (HTTP 404): 2020-11-03 | deals@shop.x | broken
- Uncertain (timeout): 2020-11-03 | deals@shop.x | who knows
- Archived: \\[erased\\] | \\[erased\\] | \\[erased\\]
- Uncertain (timeout): 2020-11-03 | deals@shop.x | settled
- Archived, as a person says: 2020-11-03 | deals@shop.x | settled

## Unresolved

- In flight: 2020-11-03 | deals@shop.x | still out (item 6, chunk 1, 2026-11-23T14:02:00.123Z)
- Uncertain (timeout): 2020-11-03 | deals@shop.x | who knows (item 7, chunk 1, 2026-11-23T14:02:00.123Z)

## Sum at ${md.match(/Sum at (.{20})/)?.[1]}

10 approved = 6 done + 0 skipped + 1 failed + 1 uncertain + 0 not executed + 1 in flight + 1 waiting. It adds up.
`);
  });
});

test('with no receipts at all, every format is whole', async () => {
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items: [item('x', { receipts: [] })] }] });
  expect(JSON.parse(await text(batchId, 'jsonl'))).toMatchObject({
    kind: 'summary',
    receipts: 0,
    unresolved: [],
    sum: { addsUp: true },
  });
  expect(parse(await text(batchId, 'csv'))).toHaveLength(1);
  expect(await text(batchId, 'md')).toMatch(/^# Things\n\n## Sum at/);
});

test('what is written while the file streams is not in it, and the file is whole', async () => {
  const { batchId } = await seedBatch(pool, {
    chunks: [{ state: 'executing', items: [item('a'), item('b', { receipts: ['intent'] })] }],
  });
  const { body } = await exportReceipts(AUDITOR, { batchId, format: 'jsonl' });
  await pool.query(
    `WITH fence AS (UPDATE chunk SET seq = seq + 1, in_flight = 0, done = 2 WHERE batch_id = $1 RETURNING seq)
     INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
     SELECT $1, 1, fence.seq, 2, 2, 'outcome', 'succeeded', '{}', sha256('x') FROM fence`,
    [batchId],
  );
  let jsonl = '';
  for await (const part of body) jsonl += Buffer.from(part).toString();
  const summary = JSON.parse(jsonl.trimEnd().split('\n').at(-1) ?? '');
  expect(summary).toMatchObject({
    receipts: 4,
    unresolved: [{ ordinal: 2, state: 'in_flight' }],
    sum: { done: 1, inFlight: 1, addsUp: true },
  });
});

test.each([
  ['that are no text', '\\xff00', '/wA='],
  ['that are two lines', `\\x${Buffer.from('{"by":\n1}').toString('hex')}`, Buffer.from('{"by":\n1}').toString('base64')],
])('bytes that somebody altered do not break the file: some %s', async (_, body, unreadable) => {
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'done', items: [item('a')] }] });
  await superPool.query('ALTER TABLE receipt DISABLE TRIGGER USER');
  await superPool.query('UPDATE receipt SET body = $2 WHERE batch_id = $1 AND seq = 2', [batchId, body]);
  await superPool.query('ALTER TABLE receipt ENABLE TRIGGER USER');
  expect(
    (await text(batchId, 'jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))[1],
  ).toMatchObject({ unreadable, seq: 2 });
  for (const format of ['csv', 'md'] as const) expect(await text(batchId, format)).toContain('Archived');
});

test('a batch that is not there, and a format that is not', async () => {
  await expect(exportReceipts(AUDITOR, { batchId: randomUUID(), format: 'csv' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(exportReceipts(AUDITOR, { batchId: batch.batchId, format: 'pdf' as 'csv' })).rejects.toMatchObject({
    code: 'invalid',
  });
});
