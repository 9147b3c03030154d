/** What the receipt of a decision holds, what lies beside it, and that receipts of before read on. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { CATEGORIES_MAX, CATEGORY_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import { commitment } from '#lib/ledger/canonical.ts';
import { type DecisionBody, marksDigest, readReceipt, sealReceipt } from '#lib/ledger/receipt.ts';
import { exportReceipts } from '#lib/steps/receipts/export-receipts.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { eraseValues } from '#test/fixtures/erased.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';
import { decide } from './decide.ts';
import { readCheckpoint } from './read-checkpoint.ts';

const { pool, ownerPool } = await testDatabase();

const KEY: Actor = { id: 'key:env', role: 'admin', name: 'API key of the environment', via: 'api' };
const items = [1, 2].map((number) => ({ fields: { subject: `mail ${number}` }, category: 'noise' }));
const seed = (approvals: 1 | 2 = 1, chunks = 1) =>
  seedBatch(pool, {
    plan: { gates: { approvals, keysMaySign: true }, execution: { first: 0 }, receiptFields: ['subject', 'note'] },
    chunks: Array.from({ length: chunks }, () => ({ state: 'awaiting_review' as const, items })),
  });

type Second = Extract<DecisionBody, { v: 2 }>;
async function decisions(batchId: string): Promise<(Second & { values: Record<string, { salt: Buffer; value: string }> })[]> {
  const { rows } = await pool.query(
    `SELECT r.body, (SELECT coalesce(json_object_agg(field, json_build_array(encode(salt, 'hex'), value)), '{}') FROM receipt_value v
       WHERE v.batch_id = r.batch_id AND v.chunk = r.chunk AND v.seq = r.seq) AS values
     FROM receipt r WHERE r.batch_id = $1 AND r.kind = 'decision' ORDER BY r.chunk, r.seq`,
    [batchId],
  );
  return rows.map(({ body, values }) => ({
    ...(readReceipt(body) as Second),
    values: Object.fromEntries(
      Object.entries(values as Record<string, [string, string]>).map(([field, [salt, value]]) => [
        field,
        { salt: Buffer.from(salt, 'hex'), value },
      ]),
    ),
  }));
}
const digestOf = async (batchId: string, chunk = 1) => (await readCheckpoint(ADA, { batchId, chunk }))?.digest ?? '';
const textOf = async (batchId: string, format: 'jsonl' | 'csv' | 'md') => {
  const parts: Uint8Array[] = [];
  for await (const part of (await exportReceipts(ADA, { batchId, format })).body) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
};

test('the words of whoever decides lie beside the receipt, which commits to them in each chunk by another salt; erased, they read as that', async () => {
  const { batchId } = await seed(1, 2);
  const chunks = await Promise.all([1, 2].map(async (number) => ({ number, digest: await digestOf(batchId, number) })));
  await decide(BO, { batchId, chunks, execute: true, override: 'known sender', note: 'as agreed with Cy' });
  const [one, other] = await decisions(batchId);
  expect(one).toMatchObject({
    ...{
      v: 2,
      kind: 'decision',
      plan: 1,
      reviews: {},
      marks: marksDigest([]),
      overrides: ['unseen'],
      factor: null,
      first: null,
    },
    evidence: { over: 'batch', demanded: null, met: null },
  });
  for (const word of ['note', 'override'] as const) {
    const { salt, value } = one?.values[word] ?? { salt: Buffer.alloc(0), value: '' };
    expect(one?.[word]).toBe(commitment(salt, value));
    expect(other?.[word]).not.toBe(one?.[word]);
  }
  expect(JSON.stringify(one && { ...one, values: null })).not.toMatch(/known sender|as agreed/);

  const row = (await readReceipts(BO, { batchId }))?.items[0];
  expect(row?.fields).toEqual({ note: 'as agreed with Cy', override: 'known sender' });
  const csv = (await textOf(batchId, 'csv')).split('\r\n');
  expect(csv[0]).toMatch(/,leaf,note,override,field\.subject,field\.note$/);
  // A field of the items may be called note.
  expect(csv[1]).toMatch(/,as agreed with Cy,known sender,,$/);
  expect(JSON.parse((await textOf(batchId, 'jsonl')).split('\n')[0] ?? '')).toMatchObject({
    ...{ v: 2, note: one?.note, fields: { note: 'as agreed with Cy', override: 'known sender' } },
  });
  await eraseValues(pool, batchId);
  expect((await readReceipts(BO, { batchId }))?.items[0]?.fields).toEqual({ note: '[erased]', override: '[erased]' });
});

test('the second of two signatures names the first, and what that one had looked at', async () => {
  const { batchId } = await seed(2);
  const signs = async (actor: Actor, seen: number[]) =>
    decide(actor, { batchId, chunks: [{ number: 1, digest: await digestOf(batchId), seen }], execute: true });
  const { decisionId } = await signs(BO, [1, 2]);
  await signs(KEY, [2]);
  const [first, second] = await decisions(batchId);
  expect(first).toMatchObject({ first: null, seenCount: 2, factor: null, note: null, override: null, overrides: [] });
  expect(second).toMatchObject({
    ...{ by: 'key:env', factor: null, seenCount: 1 },
    first: { decision: decisionId, by: BO.id, seenCount: 2, marks: marksDigest([]) },
  });
});

test('a second signature over a first one of version 1 says that no marks were kept', async () => {
  const { batchId } = await seed(2);
  const digest = await digestOf(batchId);
  await decide(BO, { batchId, chunks: [{ number: 1, digest, seen: [1] }], execute: true });
  const [now] = await decisions(batchId);
  const { plan, note, reviews, marks, evidence, overrides, factor, first, values, ...common } = now as NonNullable<typeof now>;
  const before = sealReceipt({ ...common, v: 1, override: 'known sender' });
  await ownerPool.query('ALTER TABLE receipt DISABLE TRIGGER USER');
  await ownerPool.query('UPDATE receipt SET body = $2, leaf = $3 WHERE batch_id = $1', [batchId, before.body, before.leaf]);
  await ownerPool.query('ALTER TABLE receipt ENABLE ALWAYS TRIGGER receipt_append_only');
  await decide({ ...ADA, id: `user:${randomUUID()}` }, { batchId, chunks: [{ number: 1, digest, seen: [1] }], execute: true });
  expect((await decisions(batchId))[1]?.first).toEqual({
    decision: common.decision,
    by: BO.id,
    seenCount: 1,
    marks: marksDigest([]),
  });
  expect((await readReceipts(BO, { batchId }))?.items[0]).toMatchObject({
    ...{ signing: 'first', body: { v: 1, override: 'known sender' }, fields: {} },
    line: expect.stringMatching(/^signed first by .*; a second signature is needed$/),
  });
  expect((await textOf(batchId, 'csv')).split('\r\n')[1]).toMatch(/,known sender,,$/);
});

test('the longest names of the most categories fit a receipt', () => {
  const names = Array.from({ length: CATEGORIES_MAX }, (_, index) => `${index}`.padEnd(CATEGORY_NAME_CHARS_MAX, '\u0001'));
  const most = 2_147_483_647;
  const body: Second = {
    ...{
      v: 2,
      kind: 'decision',
      batch: randomUUID(),
      chunk: most,
      decision: randomUUID(),
      root: 'a'.repeat(64),
      manifest: 'a'.repeat(64),
    },
    ...{ revision: most, plan: most, answers: { next: true, execute: true, sendBack: false, close: false, release: false } },
    counts: Object.fromEntries(names.map((name) => [name, most])),
    ...{ seenCount: most, seen: 'a'.repeat(64), note: 'a'.repeat(64), override: 'a'.repeat(64), marks: 'a'.repeat(64) },
    reviews: Object.fromEntries(names.map((name) => [name, { population: most, looks: most, wrong: most, atMost: most }])),
    ...{
      evidence: { over: 'batch', demanded: 0.02, met: true },
      overrides: ['unseen', 'unmarked', 'evidence'],
      factor: 'password',
    },
    ...{ first: { decision: randomUUID(), by: ADA.id, seenCount: most, marks: 'a'.repeat(64) }, by: ADA.id, via: 'page' },
    at: new Date(0).toISOString(),
  };
  expect(sealReceipt(body).body.length).toBeGreaterThan(40_000);
});

test.each(['note', 'override'] as const)('a %s that can’t be stored is refused before anything is decided', async (word) => {
  const { batchId } = await seed();
  const chunks = [{ number: 1, digest: await digestOf(batchId) }];
  for (const text of ['a\0b', 'a\udc00b', 'x'.repeat(2_001)])
    await expect(decide(BO, { batchId, chunks, execute: true, override: 'fine', [word]: text })).rejects.toMatchObject({
      code: 'invalid',
    });
  expect(await decisions(batchId)).toEqual([]);
});
