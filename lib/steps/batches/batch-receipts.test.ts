/** The receipts of the batch itself (chunk 0): one start, and a closing whenever everything of it came to its end, whatever died in between. */
import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { commitment, sha256Hex } from '#lib/ledger/canonical.ts';
import { type ClosingBody, readReceipt, type StartBody } from '#lib/ledger/receipt.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { readTape } from '#lib/steps/live/read-tape.ts';
import { exportReceipts } from '#lib/steps/receipts/export-receipts.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { answerUncertain } from '#lib/steps/uncertain/answer-uncertain.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { settleBatch, settleBatches } from '#lib/store/actions/execution.sql.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { whileHeld } from '#test/fixtures/interleave.ts';
import { ADA, BO, workUntil } from '#test/fixtures/started-batch.ts';
import { cancel } from './cancel.ts';
import { createBatch } from './create-batch.ts';
import { retry } from './retry.ts';
import { startBatch, startIn } from './start-batch.ts';

const { pool } = await testDatabase();

const PLAN: PlanInput = {
  classifier: { kind: 'rules', rules: [], otherwise: 'noise' },
  categories: [{ name: 'noise', action: { connector: 'shelf', do: 'archive' } }],
  chunking: { by: 'size', maxItems: 2 },
  gates: { next: 'parallel' },
  execution: { first: 0 },
  version: 2,
  instruction: 'Label what is noise.',
};

async function* csv(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('subject,from\na,b\nc,d\ne,f\n');
}

async function proposed(plan: Partial<PlanInput> = {}): Promise<{ batchId: string; datasetId: string }> {
  const { id: datasetId } = await uploadDataset(ADA, { name: 'rows.csv', source: csv() });
  const { id } = await createBatch(ADA, { datasetId, name: 'Rows', plan: { ...PLAN, ...plan } as never });
  return { batchId: id, datasetId };
}

type OfBatch = (StartBody | ClosingBody) & { seq: number };
async function receiptsOf(batchId: string): Promise<OfBatch[]> {
  const { rows } = await pool.query('SELECT seq, body FROM receipt WHERE batch_id = $1 AND chunk = 0 ORDER BY seq', [batchId]);
  return rows.map(({ seq, body }) => ({ ...(readReceipt(body) as StartBody | ClosingBody), seq }));
}
const closings = async (batchId: string) =>
  (await receiptsOf(batchId)).filter((one): one is ClosingBody & { seq: number } => one.kind === 'closing');

/** Of what is stored: the digest of its numbers before the closing receipt with this number. */
async function seqsBefore(batchId: string, seq: number): Promise<{ seqs: string; receipts: number }> {
  const { rows } = await pool.query<{ chunk: number; seq: number }>(
    `SELECT 0 AS chunk, $2 - 1 AS seq UNION ALL
     SELECT number, (SELECT count(*)::int FROM receipt r WHERE r.batch_id = c.batch_id AND r.chunk = c.number) FROM chunk c WHERE batch_id = $1 ORDER BY 1`,
    [batchId, seq],
  );
  const lines = createHash('sha256');
  for (const row of rows) lines.update(`${row.chunk} ${row.seq}\n`);
  return { seqs: lines.digest('hex'), receipts: rows.reduce((sum, row) => sum + row.seq, 0) };
}

async function approveAll(batchId: string): Promise<void> {
  const states = async () => (await pool.query('SELECT number, state FROM chunk WHERE batch_id = $1 ORDER BY 1', [batchId])).rows;
  await workUntil(pool, async () => (await states()).every(({ state }) => state === 'awaiting_review'));
  const { readChunks } = await import('#lib/steps/chunks/read-chunks.ts');
  const chunks = ((await readChunks(ADA, { batchId }))?.items ?? []).map(({ number, digest }) => ({
    number,
    digest: digest ?? '',
  }));
  await decide(BO, { batchId, chunks, execute: true, override: 'a test looks at nothing' });
}
const stateOf = async (batchId: string) => (await pool.query('SELECT state FROM batch WHERE id = $1', [batchId])).rows[0]?.state;

test('a start says what was started; the closing reveals the seed and how many receipts there are; the pages and the files tell both; so does its undo', async () => {
  const { batchId, datasetId } = await proposed();
  const seed = randomBytes(32);
  await pool.query('UPDATE batch SET seed = $2 WHERE id = $1', [batchId, seed]);
  await startBatch(ADA, { batchId });
  const { rows } = await pool.query(
    `SELECT encode(b.plan_digest, 'hex') AS plan, encode(r.digest, 'hex') AS reading, v.salt, v.value FROM batch b
     JOIN dataset_reading r ON r.id = b.reading_id
     JOIN receipt_value v ON v.batch_id = b.id AND v.chunk = 0 AND v.seq = 1 AND v.field = 'instruction' WHERE b.id = $1`,
    [batchId],
  );
  const { plan, reading, salt, value } = rows[0];
  expect(value).toBe('Label what is noise.');
  expect(await receiptsOf(batchId)).toEqual([
    {
      ...{
        v: 1,
        kind: 'start',
        batch: batchId,
        chunk: 0,
        seq: 1,
        dataset: datasetId,
        reading,
        items: 3,
        unreadable: 0,
        chunks: 2,
      },
      ...{ plan, revision: 1, seedHash: sha256Hex(seed), instruction: commitment(salt, value), by: ADA.id, via: 'page' },
      at: expect.stringMatching(/Z$/),
    },
  ]);
  await approveAll(batchId);
  await workUntil(pool, async () => (await stateOf(batchId)) === 'finished');
  const [closing, ...others] = await closings(batchId);
  expect(others).toEqual([]);
  expect(closing).toMatchObject({
    seq: 2,
    state: 'finished',
    seed: seed.toString('hex'),
    by: 'system',
    ...(await seqsBefore(batchId, 2)),
  });

  const page = await readReceipts(ADA, { batchId, chunk: 0 });
  expect(page?.items.map(({ line, by, fields }) => ({ line, by, fields }))).toEqual([
    {
      line: expect.stringMatching(/^started by .*, 3 items in 2 chunks, 20.* UTC$/),
      by: 'Somebody unknown',
      fields: { instruction: 'Label what is noise.' },
    },
    {
      line: expect.stringMatching(/^closed as finished by Countersign, 9 receipts before this one, 20.* UTC$/),
      by: 'Countersign',
      fields: {},
    },
  ]);
  expect((await readReceipts(ADA, { batchId }))?.items.map(({ chunk }) => chunk)).toEqual([0, 0, 1, 1, 1, 1, 1, 2, 2, 2]);
  expect((await readReceipts(ADA, { batchId, cursor: '0.1', limit: 1 }))?.items[0]).toMatchObject({ kind: 'closing' });
  expect(
    (await readTape(ADA, { batchId }))?.map(({ kind }) => kind).filter((kind) => kind === 'start' || kind === 'closing'),
  ).toEqual(['closing', 'start']);
  const text = async (format: 'jsonl' | 'csv' | 'md') => {
    const parts: Uint8Array[] = [];
    for await (const part of (await exportReceipts(ADA, { batchId, format })).body) parts.push(part);
    return Buffer.concat(parts).toString('utf8');
  };
  const lines = (await text('jsonl'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ kind }) => kind).slice(0, 3)).toEqual(['start', 'closing', 'decision']);
  expect(lines.at(-1)).toMatchObject({ kind: 'summary', receipts: 10, sum: { addsUp: true, approved: 3, done: 3 } });
  expect(await text('csv')).toMatch(/\r\n0,1,,,,start,,,,,"started by/);
  expect(await text('md')).toMatch(/^# Rows\n\n## The batch\n\n- started by .*\n- closed as finished by .*\n\n## Chunk 1/);
  for (const format of ['jsonl', 'csv', 'md'] as const) expect(await text(format)).not.toMatch(/Uncertain: /);

  const undo = await undoBatch(ADA, { batchId });
  expect(await receiptsOf(undo.id)).toMatchObject([
    {
      kind: 'start',
      seedHash: null,
      reading: null,
      items: 3,
      unreadable: 0,
      chunks: 2,
      instruction: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  ]);
});

test('a retry after the end brings a further closing, which reveals no seed', async () => {
  const { batchId } = await over({
    state: 'done',
    items: [item('intent', 'outcome:failed'), item('intent', 'outcome:succeeded')],
  });
  await pool.query('UPDATE batch SET seed = $2 WHERE id = $1', [batchId, randomBytes(32)]);
  await settleBatches(pool);
  expect(await closings(batchId)).toMatchObject([{ seq: 1, state: 'finished', seed: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
  await retry(ADA, { batchId });
  expect(await closings(batchId)).toHaveLength(1);
  await workUntil(pool, async () => (await stateOf(batchId)) === 'finished');
  const both = await closings(batchId);
  expect(both).toMatchObject([{ seq: 1 }, { seq: 2, state: 'finished', seed: null, ...(await seqsBefore(batchId, 2)) }]);
  expect(both[1]?.receipts).toBe((both[0]?.receipts ?? 0) + 3);
  for (let times = 0; times < 3; times += 1) await settleBatch(pool, batchId);
  expect(await closings(batchId)).toHaveLength(2);
});

test('a batch that is cancelled closes as that, once nothing of it is out; an answer afterwards brings a further closing with it', async () => {
  const { batchId } = await over({
    state: 'executing',
    items: [item('intent', 'outcome:uncertain'), item('intent', 'outcome:succeeded'), item('intent'), item()],
  });
  await cancel(ADA, { batchId });
  expect(await closings(batchId)).toEqual([]);
  await workUntil(pool, async () => (await closings(batchId)).length > 0);
  const [first] = await closings(batchId);
  expect(first).toMatchObject({ seq: 1, state: 'cancelled', seed: null, ...(await seqsBefore(batchId, 1)) });
  const { rows } = await pool.query("SELECT ordinal FROM receipt WHERE batch_id = $1 AND result = 'uncertain' ORDER BY 1", [
    batchId,
  ]);
  await answerUncertain(BO, { batchId, ordinals: [rows[0].ordinal], answer: 'did_not' });
  expect(await closings(batchId)).toMatchObject([{ seq: 1 }, { seq: 2, state: 'cancelled', ...(await seqsBefore(batchId, 2)) }]);
  // In the transaction of the answer: nobody can die in between.
  const { rows: transactions } = await pool.query(
    "SELECT DISTINCT xmin::text FROM receipt WHERE batch_id = $1 AND (kind = 'resolution' OR (chunk = 0 AND seq = 2))",
    [batchId],
  );
  expect(transactions).toHaveLength(1);
});

test('a batch that was never started has no receipt: neither refused nor cancelled before its start', async () => {
  const { batchId } = await proposed();
  const refused = inTransaction(pool, async (tx) => {
    await startIn(tx, ADA, batchId);
    throw new Error('refused');
  });
  await expect(refused).rejects.toThrow('refused');
  await cancel(ADA, { batchId });
  await settleBatches(pool);
  expect(await receiptsOf(batchId)).toEqual([]);
  expect((await pool.query('SELECT seq FROM batch WHERE id = $1', [batchId])).rows).toEqual([{ seq: 0 }]);
});

test('two who start at once leave one start', async () => {
  const { batchId } = await proposed();
  const both = await Promise.allSettled([
    startBatch(ADA, { batchId }),
    startBatch(BO.role === 'admin' ? BO : { ...BO, role: 'operator' }, { batchId }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect((await receiptsOf(batchId)).map(({ kind }) => kind)).toEqual(['start']);
});

test('what died between an end and its closing is found by whoever looks next, and by two at once only once', async () => {
  const finished = await over({ state: 'done', items: [item('intent', 'outcome:succeeded')] });
  const cancelled = await over({ state: 'cancelled', decidedBy: BO.id, items: [item('intent', 'outcome:succeeded'), item()] });
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE id = $1", [cancelled.batchId]);
  await Promise.all([settleBatches(pool), settleBatches(pool), settleBatch(pool, finished.batchId)]);
  for (const { batchId } of [finished, cancelled]) {
    expect(await closings(batchId)).toMatchObject([{ seq: 1, ...(await seqsBefore(batchId, 1)) }]);
    expect((await pool.query('SELECT seq FROM batch WHERE id = $1', [batchId])).rows).toEqual([{ seq: 1 }]);
  }
});

test('an answer that commits while the batch is being closed is in a further closing', async () => {
  const { batchId } = await over({ state: 'cancelled', decidedBy: BO.id, items: [item('intent', 'outcome:uncertain')] });
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE id = $1", [batchId]);
  await whileHeld(
    pool,
    (other) => other.query('SELECT FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batchId]),
    () => Promise.all([settleBatch(pool, batchId), answerUncertain(BO, { batchId, ordinals: [1], answer: 'happened' })]),
  );
  const all = await closings(batchId);
  expect(all.at(-1)).toMatchObject(await seqsBefore(batchId, all.length));
});

test('a batch that was started before reads, and closes, without a start', async () => {
  const { batchId } = await over({ state: 'done', items: [item('intent', 'outcome:succeeded')] });
  expect((await readReceipts(ADA, { batchId }))?.items.map(({ kind }) => kind)).toEqual(['decision', 'intent', 'outcome']);
  expect((await readTape(ADA, { batchId }))?.map(({ kind }) => kind)).toEqual(['outcome', 'decision']);
  await settleBatches(pool);
  expect(await receiptsOf(batchId)).toMatchObject([{ kind: 'closing', seed: null, ...(await seqsBefore(batchId, 1)) }]);
});

function item(...receipts: NonNullable<SeedItem['receipts']>): SeedItem {
  return { fields: { subject: 'a' }, category: 'noise', receipts };
}

/** A running batch of before, whose one chunk is in this state. */
function over(
  chunk: { state: 'done' | 'executing' | 'cancelled'; items: SeedItem[]; decidedBy?: string },
  plan: Partial<PlanInput> = { categories: PLAN.categories },
): Promise<{ batchId: string }> {
  return seedBatch(pool, { plan: { ...plan, receiptFields: ['subject'] }, chunks: [chunk] });
}
