/** The very bytes of the JSON lines, against lines that are put together the plain way, over every kind of receipt and whatever stands beside one. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { canonicalBytes, type Json, leafHash } from '#lib/ledger/canonical.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { readMoment } from '#lib/store/receipts/trail.sql.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { exportReceipts } from './export-receipts.ts';
import { jsonlReceipts } from './receipts-jsonl.ts';

const { pool, superPool } = await testDatabase();
const actor = (role: 'admin' | 'auditor'): Actor => ({ id: `user:${randomUUID()}`, role, name: 'Ada', via: 'page' });

type Put = {
  chunk: number;
  kind: string;
  ordinal?: number;
  step?: number;
  result?: string;
  body: Record<string, Json>;
  /** null: erased */
  values?: Record<string, string | null>;
};

const NAMES = ['subject', 'answer', 'a "quoted"\n name', 'from'];
const ITEM = { subject: 'Ünï\u0000'.replace('\u0000', '\u0001'), answer: 'forty-two', 'a "quoted"\n name': '</x>\t"', from: '' };
const COMMITTED = Object.fromEntries(NAMES.map((name) => [name, 'ab']));
const act = (kind: string, more: Record<string, Json>): Record<string, Json> => ({
  v: 1,
  kind,
  by: 'worker:x',
  at: '2026-11-23T14:02:00.123Z',
  ...more,
});
const intent = (ordinal: number, step = 1, values: Record<string, string | null> = ITEM): Put => ({
  ...{ chunk: 1, kind: 'intent', ordinal, step, body: act('intent', { ordinal, values: COMMITTED }), values },
});
const outcome = (ordinal: number, result: string, more: Partial<Put> = {}, body: Record<string, Json> = {}): Put => ({
  ...{ chunk: 1, kind: 'outcome', ordinal, step: 2, result, body: act('outcome', { ordinal, result, reason: null, ...body }) },
  ...more,
});

const ALL: Put[] = [
  { chunk: 0, kind: 'start', body: act('start', { instruction: 'cd' }), values: { instruction: 'Be kind.' } },
  { chunk: 0, kind: 'plan', body: act('plan', { note: 'cd', instruction: null }), values: {} },
  { chunk: 0, kind: 'closing', body: act('closing', { seed: null }) },
  { chunk: 1, kind: 'decision', body: act('decision', { v: 1, override: 'its own words' }) },
  {
    chunk: 1,
    kind: 'decision',
    body: act('decision', { v: 2, note: 'cd', override: 'ef' }),
    values: { note: null, override: 'because' },
  },
  {
    chunk: 1,
    kind: 'correction',
    body: act('correction', { note: 'cd' }),
    values: { note: 'A "note"' },
  },
  { chunk: 1, kind: 'attestation', body: act('attestation', { text: 'cd' }), values: { text: 'seen' } },
  ...[intent(1), outcome(1, 'succeeded')],
  ...[intent(2), outcome(2, 'uncertain', {}, { reason: 'timeout' })],
  ...[
    intent(3),
    outcome(3, 'uncertain'),
    { ...outcome(3, 'abandoned', { kind: 'resolution', step: 3 }), body: act('resolution', { ordinal: 3 }) },
  ],
  ...[intent(15), outcome(15, 'uncertain')],
  {
    ...outcome(15, 'succeeded', { kind: 'resolution', step: 3, values: { note: 'It "is" there.' } }),
    body: act('resolution', { ordinal: 15 }),
  },
  ...[
    intent(4, 1, { ...ITEM, subject: null }),
    outcome(4, 'failed', {}, { v: 2, answer: null }),
    intent(4, 3),
    outcome(4, 'succeeded', { step: 4 }),
  ],
  // What a target answered: kept, erased, gone, and beside something that nobody knows.
  ...[intent(5), outcome(5, 'succeeded', { values: { answer: 'HTTP 201 \u2028"ok"' } }, { v: 2, answer: 'aa' })],
  ...[intent(6), outcome(6, 'succeeded', { values: { answer: null } }, { v: 2, answer: 'aa' })],
  ...[intent(7), outcome(7, 'succeeded', {}, { v: 2, answer: 'aa' })],
  ...[
    intent(8),
    outcome(8, 'succeeded', { values: { answer: 'a', zebra: 'z', Alpha: 'A', subject: 'twice' } }, { v: 2, answer: 'aa' }),
  ],
  ...[intent(9), outcome(9, 'succeeded', { values: { zebra: 'only' } })],
  // Intents without all of their values, and with one too many.
  ...[intent(10, 1, { subject: 'alone' }), outcome(10, 'succeeded')],
  ...[intent(11, 1, {}), outcome(11, 'succeeded')],
  ...[intent(12, 1, { ...ITEM, zebra: 'z' }), outcome(12, 'succeeded')],
  {
    chunk: 1,
    kind: 'outcome',
    ordinal: 13,
    step: 1,
    result: 'skipped',
    body: act('outcome', { ordinal: 13, result: 'skipped', intent: null }),
  },
  intent(14),
];

/** A line as docs/trail.md and the columns have it. */
function plainLine(
  { kind, ordinal, body, values = {} }: Put,
  seq: number,
  leaf: string,
  of: { names: string[]; intents: Map<number, Put>; sees: boolean },
): string {
  // The plan's fields first, then the others in the order of their bytes.
  const place = (name: string) => (of.names.includes(name) ? of.names.indexOf(name) : of.names.length);
  const told = (all: Record<string, string | null>) =>
    Object.fromEntries(
      Object.entries(all)
        .sort(([one], [other]) => place(one) - place(other) || Buffer.compare(Buffer.from(one), Buffer.from(other)))
        .map(([name, value]) => [name, value ?? '[erased]']),
    );
  const item: Record<string, string> = kind === 'intent' ? {} : told(of.intents.get(ordinal ?? 0)?.values ?? {});
  const { answer, ...own } = kind === 'outcome' ? told(values) : { ...told(values), answer: undefined };
  const given: Record<string, string> = {
    ...item,
    ...own,
    ...(kind !== 'outcome' && values.answer !== undefined ? { answer: values.answer ?? '[erased]' } : {}),
  };
  const committed = kind === 'intent' ? Object.keys((body.values as object) ?? {}) : [];
  const words = ['note', 'override', 'instruction', 'text'].filter(
    (word) => typeof body[word] === 'string' && !(kind === 'decision' && body.v === 1) && kind !== 'intent',
  );
  // People's words, unless the reader may see items: then all but the item's own.
  const said = of.sees || kind === 'intent' || kind === 'outcome' ? [] : [...Object.keys(values), ...words];
  const fields = { ...given, ...Object.fromEntries(said.map((word) => [word, item[word] ?? '[not given]'])) };
  const order = [...new Set([...of.names, ...committed, ...words, ...Object.keys(fields)])].filter(
    (name) => name in fields || committed.includes(name) || words.includes(name),
  );
  const members = order.map((name) => `${JSON.stringify(name)}:${JSON.stringify(fields[name] ?? '[erased]')}`).join(',');
  const text = Buffer.from(canonicalBytes(body as Json)).toString();
  const answered =
    of.sees && kind === 'outcome' && typeof body.answer === 'string'
      ? `,"answerText":${JSON.stringify(answer ?? '[erased]')}`
      : '';
  return `${text.slice(0, -1)},"seq":${seq},"leaf":"${leaf}","fields":{${members}}${answered}}`;
}

async function written(names: string[], puts: Put[]): Promise<{ batchId: string; lines: (sees: boolean) => string[] }> {
  const items = Array.from({ length: 15 }, () => ({ fields: ITEM, category: 'noise', receipts: [] }));
  const { batchId } = await seedBatch(pool, { plan: { receiptFields: names }, chunks: [{ state: 'awaiting_review', items }] });
  const seqs = new Map<number, number>();
  const rows = puts.map((put) => {
    const seq = (seqs.get(put.chunk) ?? 0) + 1;
    seqs.set(put.chunk, seq);
    const body = Buffer.from(canonicalBytes(put.body as Json));
    return { put, seq, body, leaf: leafHash(body) };
  });
  for (const { put, seq, body, leaf } of rows) {
    await pool.query(
      'INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
      [batchId, put.chunk, seq, put.ordinal ?? null, put.step ?? null, put.kind, put.result ?? null, body, leaf],
    );
    for (const [field, value] of Object.entries(put.values ?? {}))
      await superPool.query(
        'INSERT INTO receipt_value (batch_id, chunk, seq, field, salt, value) VALUES ($1, $2, $3, $4, $5, $6)',
        [...[batchId, put.chunk, seq, field, value === null ? null : Buffer.alloc(16, 1), value]],
      );
  }
  await pool.query('UPDATE batch SET seq = $2 WHERE id = $1', [batchId, seqs.get(0) ?? 0]);
  await pool.query('UPDATE chunk SET seq = $2 WHERE batch_id = $1', [batchId, seqs.get(1) ?? 0]);
  return {
    batchId,
    lines(sees) {
      const intents = new Map<number, Put>();
      return rows.map(({ put, seq, leaf }) => {
        const line = plainLine(put, seq, leaf.toString('hex'), { names, intents, sees });
        if (put.kind === 'intent') intents.set(put.ordinal ?? 0, put);
        return line;
      });
    },
  };
}

async function linesOf(batchId: string, role: 'admin' | 'auditor'): Promise<string[]> {
  const parts: Uint8Array[] = [];
  for await (const part of (await exportReceipts(actor(role), { batchId, format: 'jsonl' })).body) parts.push(part);
  return Buffer.concat(parts).toString().trimEnd().split('\n');
}

test.each([
  ['with all kinds of fields', NAMES],
  ['with a field that is called as another thing', ['answer', 'note', 'zebra']],
  ['without fields', []],
])(
  '%s every line is, byte for byte, what was stored and stands beside it; whoever may not see items is told neither an answer nor a person’s words',
  async (_, names) => {
    const given = (put: Put): Put => {
      if (put.kind !== 'intent') return put;
      const values = Object.fromEntries(names.map((name) => [name, (ITEM as Record<string, string>)[name] ?? `the ${name}`]));
      const commits = Object.fromEntries(names.map((name) => [name, 'ab']));
      return { ...put, body: { ...put.body, values: commits }, values: names === NAMES ? (put.values ?? {}) : values };
    };
    const { batchId, lines } = await written(names, ALL.map(given));
    for (const [role, sees] of [
      ['admin', true],
      ['auditor', false],
    ] as const) {
      const got = await linesOf(batchId, role);
      const summary = JSON.parse(got.pop() ?? '');
      const plain = lines(sees);
      expect(got).toHaveLength(plain.length);
      for (const [index, line] of plain.entries()) expect(got[index]).toBe(line);
      // The same in pages and parts of any size: what an intent said is carried over to what ended it.
      const [facts, moment] = [await readBatchFacts(pool, batchId), await readMoment(pool, batchId)];
      for (const { part, ...most } of [
        { receipts: 3, bytes: 1_000_000, part: 1_000_000 },
        { receipts: 1, bytes: 1, part: 1_000_000 },
        { receipts: 1_000, bytes: 1_000_000, part: 1 },
        { receipts: 1_000, bytes: 1_000_000, part: 2_000 },
      ]) {
        const parts: string[] = [];
        for await (const piece of jsonlReceipts(facts!, moment!, { sees, most, part }))
          parts.push(Buffer.from(piece as string).toString());
        expect(parts.length > 30).toBe(most.receipts === 1 || part === 1);
        expect(parts.join('').split('\n').slice(0, -2)).toEqual(plain);
      }
      expect(summary).toMatchObject({
        ...{ kind: 'summary', receipts: ALL.length },
        unresolved: [
          { chunk: 1, ordinal: 2, state: 'uncertain', reason: 'timeout' },
          { chunk: 1, ordinal: 14, state: 'in_flight', reason: null },
        ],
      });
    }
  },
);
