import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { ACTION_TRANSITIONS, type ActionReceiptKind, type ActionState, type ChunkState } from '#lib/core/lifecycle.ts';
import { type ChunkSum, sumOf } from '#lib/core/receipts/sum.ts';
import { readChunksNow, readUncheckedBatches } from '#lib/store/batches/batch-reads.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { atSize } from '#test/size.ts';
import { type ChunkToFold, foldChunks, keepFolds, MOVES, STATES } from './sum.sql.ts';

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
    ...{ addsUp: true, difference: 0, checked: { receipts: 28, of: 28, at: null } },
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

const CHUNK_STATES_TRIED = ['executing', 'done', 'paused'] as const satisfies ChunkState[];

test('whatever the receipts, the fold agrees with counting them plainly, at once and bit by bit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(chain, { minLength: 1, maxLength: 20 }),
      fc.constantFrom<ChunkState>(...CHUNK_STATES_TRIED),
      fc.array(fc.nat(), { maxLength: 3 }),
      async (chains, state, cuts) => {
        const { batchId } = await seedBatch(pool, { chunks: [{ state, items: chains.map((receipts) => noise(receipts)) }] });
        const [whole] = await readChunksNow(pool, batchId);
        if (!whole) throw new Error('no chunk');
        // Moments in the middle first, each kept by a process of its own, so that the rest is folded onto them.
        const moments = cuts.map((cut) => (whole.seq === 0 ? 0 : cut % whole.seq)).sort((a, b) => a - b);
        for (const seq of moments) {
          const [now] = await readChunksNow(pool, batchId);
          await keep(batchId, [{ ...whole, seq, fold: now?.fold ?? null }]);
        }
        expect(await sumNow(batchId)).toMatchObject({
          ...{ addsUp: true, approved: chains.length },
          checked: { receipts: whole.seq, of: whole.seq, at: null },
        });
        const chunks = await readChunksNow(pool, batchId);
        const atOnce = await foldChunks(pool, batchId, [whole]);
        expect((await foldChunks(pool, batchId, chunks)).get(1)?.read).toEqual(counted(atOnce.get(1)?.read));
        // And a moment that is past.
        const past = await foldChunks(pool, batchId, [{ ...whole, seq: moments[0] ?? 0, fold: chunks[0]?.fold ?? null }]);
        expect(past.get(1)?.read?.folded.receipts).toBe(moments[0] ?? 0);
      },
    ),
    { numRuns: atSize(20, 40) },
  );
});

/** Every state with its count: what is kept also names those that no action is in. */
function counted(read: ChunkSum['read'] | undefined) {
  const states = Object.fromEntries(STATES.map((state) => [state, read?.folded.states[state] ?? 0]));
  return read && { ...read, folded: { ...read.folded, states: expect.toSatisfy(same(states)) } };
}

const same = (states: Record<string, number>) => (other: Partial<Record<string, number>>) =>
  STATES.every((state) => states[state] === (other[state] ?? 0));

async function keep(batchId: string, chunks: ChunkToFold[]): Promise<void> {
  await keepFolds(pool, batchId, chunks, await foldChunks(pool, batchId, chunks), new Date());
}

test('two that fold at once never count twice, and what came further stays', async () => {
  const items = Array.from({ length: 30 }, () => noise(['intent', 'outcome:succeeded']));
  const { batchId } = await seedBatch(pool, {
    chunks: [
      { state: 'executing', items },
      { state: 'executing', items },
    ],
  });
  const at = (seq: number, chunks: Awaited<ReturnType<typeof readChunksNow>>) => chunks.map((chunk) => ({ ...chunk, seq }));
  const first = await readChunksNow(pool, batchId);
  await keep(batchId, at(11, first));
  const base = await readChunksNow(pool, batchId);
  // All from the same kept fold, to different seqs, in whatever order they arrive.
  await Promise.all([21, 61, 31, 61, 21, 41].map((seq) => keep(batchId, at(seq, base))));
  const now = await readChunksNow(pool, batchId);
  expect(now.map(({ fold }) => fold)).toMatchObject([
    { seq: 61, receipts: 61, states: { intent: 0, succeeded: 30 } },
    { seq: 61, receipts: 61, states: { intent: 0, succeeded: 30 } },
  ]);
  expect(await sumNow(batchId)).toMatchObject({ done: 60, addsUp: true });
});

test('what is kept of chunks to which nothing happened says plainly that they are right, and of all others it does not', async () => {
  const columns = [
    'approved_actions',
    'done',
    'skipped',
    'failed',
    'uncertain',
    'not_executed',
    'in_flight',
    'seq',
    'accepted_rest',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.array(chain, { minLength: 1, maxLength: 6 }),
      fc.constantFrom<ChunkState>(...CHUNK_STATES_TRIED),
      fc.boolean(),
      fc.option(fc.constantFrom(...columns)),
      async (chains, state, kept, lied) => {
        const { batchId } = await seedBatch(pool, { chunks: [{ state, items: chains.map((receipts) => noise(receipts)) }] });
        if (kept) await keep(batchId, await readChunksNow(pool, batchId));
        if (lied) await pool.query(`UPDATE chunk SET ${lied} = ${lied} + 1 WHERE batch_id = $1`, [batchId]);
        const unchecked = await readChunksNow(pool, batchId, { unchecked: true });
        const { difference } = await sumNow(batchId);
        if (!kept) expect(unchecked).toHaveLength(1);
        else expect([lied, unchecked.length]).toEqual([lied, Number(difference > 0 || lied === 'seq')]);
        const { batches } = await readUncheckedBatches(pool);
        expect(batches.includes(batchId)).toBe(unchecked.length > 0);
      },
    ),
    { numRuns: atSize(20, 40) },
  );
});

test('a look reads no more than it is allowed to, the shortest way first, and shows the counters of the rest', async () => {
  const items = (count: number) => Array.from({ length: count }, () => noise(['intent', 'outcome:succeeded']));
  const { batchId } = await seedBatch(pool, {
    chunks: [
      { state: 'executing', items: items(50) },
      { state: 'executing', items: items(5) },
      { state: 'executing', items: items(40) },
    ],
  });
  const chunks = await readChunksNow(pool, batchId);
  const look = async (rowsMax: number) =>
    [...(await foldChunks(pool, batchId, chunks, rowsMax)).values()].map(({ read }) => read !== null);
  // Two receipts an item, the decision, and a row of the manifest an item.
  expect(await look(15)).toEqual([false, false, false]);
  expect(await look(16)).toEqual([false, true, false]);
  expect(await look(16 + 121)).toEqual([false, true, true]);
  await keep(batchId, chunks.slice(0, 1));
  const [first, ...others] = await readChunksNow(pool, batchId);
  expect(sumOf((await foldChunks(pool, batchId, [first as ChunkToFold, ...others], 0)).values())).toMatchObject({
    ...{ approved: 95, done: 95, waiting: 0, addsUp: true },
    checked: { receipts: 101, of: 101 + 11 + 81, at: null },
  });
});

test('a counter that lies is found, and so is a receipt that is gone', async () => {
  const items = [noise(['intent', 'outcome:succeeded']), noise(['intent', 'outcome:failed'])];
  const lying = await seedBatch(pool, { chunks: [{ state: 'executing', items }] });
  await keep(lying.batchId, await readChunksNow(pool, lying.batchId));
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

/** 30,000 receipts of a batch, in chunks of 1,500. */
async function fill(client: Pool, many = 1_500): Promise<string> {
  const batchId = randomUUID();
  await client.query(
    `INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
     SELECT $1::uuid, c, s, c * 10000 + (s + 1) / 2, 2 - s % 2, CASE s % 2 WHEN 1 THEN 'intent' ELSE 'outcome' END,
       CASE s % 2 WHEN 0 THEN 'succeeded' END, '\\x7b7d', sha256(convert_to($1::text || c || '.' || s, 'UTF8'))
     FROM generate_series(1, $2::int) c, generate_series(1, $3::int) s`,
    [batchId, FILLED_CHUNKS, many],
  );
  return batchId;
}

const FILLED_CHUNKS = 20;

// Statistics that are missing, and such as do not know the batch.
test.each([
  ['without statistics', async () => {}],
  [
    'with statistics from before it came',
    async () => {
      await fill(ownerPool, 40);
      await ownerPool.query('ANALYZE receipt');
    },
  ],
])(
  'folding a new batch %s reads each of its receipts once, and one more for each action that was begun before',
  async (_, prepare) => {
    await ownerPool.query('ALTER TABLE receipt SET (autovacuum_enabled = off)');
    await prepare();
    const batchId = await fill(ownerPool);
    const chunks = Array.from({ length: FILLED_CHUNKS }, (__, index) => index + 1);
    const read = async (above: number, upTo: number): Promise<number> => {
      const { rows } = await pool.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${MOVES}`, [
        ...[batchId, chunks, chunks.map(() => above), chunks.map(() => upTo)],
      ]);
      return rowsRead(rows[0]['QUERY PLAN'][0].Plan);
    };
    expect(await read(0, 1_500)).toBe(30_000);
    // Each chunk's receipts from 1,001 to 1,500 are whole actions; from 1,000 the first outcome's intent is before.
    expect(await read(1_000, 1_500)).toBe(FILLED_CHUNKS * 500);
    expect(await read(999, 1_500)).toBe(FILLED_CHUNKS * 502);
    expect(await read(1_499, 1_500)).toBe(FILLED_CHUNKS * 2);
  },
);

type Plan = {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Plan[];
};

/** Rows that the scans of a table took up, whether they used them or not. */
function rowsRead(plan: Plan): number {
  const each = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  const own = plan['Relation Name'] === undefined ? 0 : Math.round(each * plan['Actual Loops']);
  return (plan.Plans ?? []).reduce((all, part) => all + rowsRead(part), own);
}
