/** What a target answered, kept beside its outcome and told to whoever may see items. */
import { beforeAll, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { commitment } from '#lib/ledger/canonical.ts';
import { readReceipt } from '#lib/ledger/receipt.ts';
import { retry } from '#lib/steps/batches/retry.ts';
import { exportReceipts } from '#lib/steps/receipts/export-receipts.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { testDatabase } from '#test/database.ts';
import { type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { eraseValues } from '#test/fixtures/erased.ts';
import { ADA, chunkStates, leasesCount, target, workUntil } from '#test/fixtures/started-batch.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();
const AUDITOR: Actor = { ...ADA, role: 'auditor' };

beforeAll(() => leasesCount(pool));

/** Two items whose column is called as what is kept is. */
const sending = (url: string) =>
  seedBatch(pool, {
    plan: {
      classifier: { kind: 'rules', rules: [], otherwise: 'send' },
      categories: [
        {
          name: 'send',
          action: { connector: 'http', do: 'POST', with: { url: `${url}/{{subject}}`, body: { echo: '{{answer}}' } } },
        },
        { name: 'label', action: { connector: 'none', do: 'label' } },
      ],
      chunking: { by: 'size' },
      execution: { first: 0, concurrency: 1, haltAfter: { consecutive: 100, share: 1 }, retry: { attempts: 1 } },
      receiptFields: ['subject', 'answer'],
    },
    chunks: [
      {
        state: 'executing',
        items: [
          { fields: { subject: 'one', answer: 'of the item' }, category: 'send' },
          { fields: { subject: 'two', answer: 'of the other' }, category: 'label' },
        ],
      },
    ],
  });

const done = (batch: SeededBatch, ...states: string[]) =>
  workUntil(pool, async () => (await chunkStates(pool, batch.batchId)).every((state) => states.includes(state)));

const receiptsOf = async (actor: Actor, { batchId }: SeededBatch) => (await readReceipts(actor, { batchId }))?.items ?? [];

async function jsonl(actor: Actor, { batchId }: SeededBatch): Promise<Record<string, unknown>[]> {
  const parts: Uint8Array[] = [];
  for await (const part of (await exportReceipts(actor, { batchId, format: 'jsonl' })).body) parts.push(part);
  return Buffer.concat(parts)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('each attempt at a target keeps its own answer, and no item’s field is taken for one', async () => {
  const { url } = await target(async (_request, count, response) => {
    response.writeHead(count === 1 ? 422 : 201, { 'content-type': 'text/plain' });
    response.write(count === 1 ? 'no such customer\0' : 'thanks');
    return response.statusCode;
  });
  const batch = await sending(url);
  await done(batch, 'done');
  await retry(ADA, { batchId: batch.batchId });
  await done(batch, 'done');

  const receipts = await receiptsOf(ADA, batch);
  const outcomes = receipts.filter(({ kind, ordinal }) => kind === 'outcome' && ordinal === 1);
  expect(outcomes.map(({ result, answer }) => [result, answer])).toEqual([
    ['failed', 'HTTP 422\ncontent-type: text/plain\nreplaced: U+2400 stands for NUL\n\nno such customer\u2400'],
    ['succeeded', 'HTTP 201\ncontent-type: text/plain\n\nthanks'],
  ]);
  expect(receipts.filter(({ ordinal }) => ordinal === 1).map(({ fields }) => fields.answer)).toEqual(
    Array(receipts.filter(({ ordinal }) => ordinal === 1).length).fill('of the item'),
  );
  // What changes something inside Countersign alone has nobody who answers.
  expect(receipts.filter(({ kind, ordinal }) => kind === 'outcome' && ordinal === 2)).toMatchObject([
    { answer: null, body: { v: 1 } },
  ]);

  const { rows } = await pool.query<{ body: Buffer; salt: Buffer; value: string }>(
    "SELECT body, salt, value FROM receipt JOIN receipt_value USING (batch_id, chunk, seq) WHERE batch_id = $1 AND kind = 'outcome' ORDER BY seq",
    [batch.batchId],
  );
  expect(rows).toHaveLength(2);
  for (const { body, salt, value } of rows) expect(readReceipt(body)).toMatchObject({ v: 2, answer: commitment(salt, value) });

  expect((await jsonl(ADA, batch)).filter(({ answerText }) => answerText !== undefined)).toMatchObject([
    { kind: 'outcome', v: 2, answerText: expect.stringContaining('no such customer'), fields: { answer: 'of the item' } },
    { kind: 'outcome', v: 2, answerText: expect.stringContaining('thanks') },
  ]);
});

test('whoever may not see items is given the commitment, and one that was erased says so', async () => {
  const { url } = await target(async () => 200);
  const batch = await sending(url);
  await done(batch, 'done');
  const of = async (actor: Actor) =>
    (await receiptsOf(actor, batch)).find(({ kind, ordinal }) => kind === 'outcome' && ordinal === 1);
  expect(await of(AUDITOR)).toMatchObject({ answer: null, body: { answer: expect.stringMatching(/^[0-9a-f]{64}$/) } });
  expect((await jsonl(AUDITOR, batch)).every((line) => !('answerText' in line))).toBe(true);
  await eraseValues(pool, batch.batchId);
  expect(await of(ADA)).toMatchObject({ answer: '[erased]', fields: { subject: '[erased]', answer: '[erased]' } });
});
