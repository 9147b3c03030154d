import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { ACTION_TRANSITIONS, type ActionReceiptKind, type ActionState, type ChunkState } from '#lib/core/lifecycle.ts';
import { sumOf } from '#lib/core/receipts/sum.ts';
import { readChunksNow } from '#lib/store/batches/batch-reads.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { foldChunks } from './sum.ts';

const { pool, ownerPool, superPool } = await testDatabase();

const sumNow = async (batchId: string) => sumOf((await foldChunks(pool, batchId, await readChunksNow(pool, batchId))).values());

const noise = (receipts?: ActionReceiptKind[]): SeedItem => ({
  fields: { date: '2020-11-03', from: 'a@shop.x', subject: 'x' },
  category: 'noise',
  ...(receipts ? { receipts } : {}),
});

test('every kind of ending has its place, and counters that agree add up', async () => {
  const { batchId } = await seedBatch(pool, {
    chunks: [
      {
        state: 'executing',
        items: [
          ...[
            noise(),
            noise(['intent']),
            noise(['intent', 'outcome:succeeded']),
            noise(['outcome:skipped']),
            noise(['intent', 'outcome:failed']),
          ],
          ...[noise(['intent', 'outcome:uncertain']), noise(['intent', 'outcome:uncertain', 'resolution:abandoned'])],
          ...[
            noise(['intent', 'outcome:uncertain', 'resolution:not_executed']),
            noise(['intent', 'outcome:uncertain', 'resolution:succeeded']),
          ],
          ...[noise(['intent', 'outcome:failed', 'intent', 'outcome:succeeded']), noise(['intent', 'outcome:failed', 'intent'])],
          { ...noise(), category: 'keep' },
        ],
      },
      {
        state: 'cancelled',
        decidedBy: 'user:00000000-0000-4000-8000-000000000000',
        items: [noise(), noise(['intent', 'outcome:succeeded'])],
      },
      { state: 'awaiting_review', items: [noise()] },
    ],
  });
  expect(await sumNow(batchId)).toEqual({
    ...{ approved: 13, done: 4, skipped: 1, failed: 1, uncertain: 2, notExecuted: 2, inFlight: 2, waiting: 1 },
    ...{ addsUp: true, difference: 0 },
  });
});

test('a batch without receipts is all zeros', async () => {
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'awaiting_review', items: [noise()] }] });
  expect(await sumNow(batchId)).toMatchObject({ approved: 0, waiting: 0, addsUp: true });
});

const chain = fc.array(fc.nat(), { maxLength: 6 }).map((choices) => {
  const receipts: ActionReceiptKind[] = [];
  let state: ActionState = 'planned';
  for (const choice of choices) {
    const allowed = (Object.keys(ACTION_TRANSITIONS) as ActionReceiptKind[]).filter((kind) =>
      (ACTION_TRANSITIONS[kind].from as readonly ActionState[]).includes(state),
    );
    const next = allowed[choice % Math.max(1, allowed.length)];
    if (!next) break;
    receipts.push(next);
    state = ACTION_TRANSITIONS[next].to;
  }
  return receipts;
});

test('whatever the receipts, the fold agrees with counting them plainly, at once and bit by bit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(chain, { minLength: 1, maxLength: 20 }),
      fc.constantFrom<ChunkState>('executing', 'done', 'paused'),
      fc.nat(),
      async (chains, state, cut) => {
        const { batchId } = await seedBatch(pool, { chunks: [{ state, items: chains.map((receipts) => noise(receipts)) }] });
        const chunks = await readChunksNow(pool, batchId);
        // A moment in the middle first, so that the rest is folded onto it.
        const seq = (chunks[0]?.seq ?? 0) === 0 ? 0 : cut % (chunks[0]?.seq ?? 1);
        await foldChunks(
          pool,
          batchId,
          chunks.map((chunk) => ({ ...chunk, seq })),
        );
        expect(sumOf((await foldChunks(pool, batchId, chunks)).values())).toMatchObject({
          addsUp: true,
          approved: chains.length,
        });
        // And a moment that is past.
        const past = await foldChunks(
          pool,
          batchId,
          chunks.map((chunk) => ({ ...chunk, seq })),
        );
        expect(past.get(1)?.folded.receipts).toBe(seq);
      },
    ),
    { numRuns: 40 },
  );
});

test('a counter that lies is found, and so is a receipt that is gone', async () => {
  const items = [noise(['intent', 'outcome:succeeded']), noise(['intent', 'outcome:failed'])];
  const lying = await seedBatch(pool, { chunks: [{ state: 'executing', items }] });
  await pool.query('UPDATE chunk SET done = done + 1 WHERE batch_id = $1', [lying.batchId]);
  expect(await sumNow(lying.batchId)).toMatchObject({ done: 1, addsUp: false, difference: 1 });

  const robbed = await seedBatch(pool, { chunks: [{ state: 'executing', items }] });
  await superPool.query('ALTER TABLE receipt DISABLE TRIGGER USER');
  await superPool.query("DELETE FROM receipt WHERE batch_id = $1 AND result = 'failed'", [robbed.batchId]);
  await superPool.query('ALTER TABLE receipt ENABLE TRIGGER USER');
  // failed is one less, in flight one more, and a number of the sequence is missing
  expect(await sumNow(robbed.batchId)).toMatchObject({ failed: 0, inFlight: 1, addsUp: false, difference: 3 });
});

test('what leads two indexes has no statistics, for a new batch is in none of them', async () => {
  const { rows } = await pool.query(
    `SELECT a.attrelid::regclass::text AS "table", a.attname AS column FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
     WHERE t.relnamespace = 'public'::regnamespace AND a.attstattarget IS DISTINCT FROM 0 GROUP BY 1, 2 HAVING count(*) > 1`,
  );
  expect(rows).toEqual([]);
});

test('folding a batch that came after the last look at the statistics reads each of its receipts a few times, not each for each', async () => {
  const [chunks, receipts] = [20, 600];
  const fill = async (many: number): Promise<string> => {
    const batchId = randomUUID();
    await ownerPool.query(
      `INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
       SELECT $1::uuid, c, s, c * 10000 + (s + 1) / 2, 2 - s % 2, CASE s % 2 WHEN 1 THEN 'intent' ELSE 'outcome' END,
         CASE s % 2 WHEN 0 THEN 'succeeded' END, '\\x7b7d', sha256(convert_to($1::text || c || '.' || s, 'UTF8'))
       FROM generate_series(1, $2::int) c, generate_series(1, $3::int) s`,
      [batchId, chunks, many],
    );
    return batchId;
  };
  await fill(40);
  await ownerPool.query('ANALYZE receipt');
  const batchId = await fill(receipts);
  const now = (seq: number) =>
    Array.from({ length: chunks }, (_, index) => ({ number: index + 1, seq, decisionId: null })) as unknown as Awaited<
      ReturnType<typeof readChunksNow>
    >;
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    // The intents first, so that each outcome looks for what was before it.
    for (const seq of [1, receipts]) await foldChunks(client as unknown as Pool, batchId, now(seq));
    const { rows } = await client.query(
      "SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))::int AS read FROM pg_index WHERE indrelid = 'receipt'::regclass",
    );
    expect(rows[0].read).toBeLessThan(chunks * receipts * 4);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});
