import { expect, test } from 'vitest';
import { CHUNK_STATES } from '#lib/core/lifecycle.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { readTally, type Tally } from '#lib/store/batches/tally.sql.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { tallyOf } from './batch-view.ts';

const { pool } = await testDatabase();

const CHAINS: SeedItem['receipts'][] = [
  undefined,
  ['intent'],
  ['intent', 'outcome:succeeded'],
  ['intent', 'outcome:failed'],
  ['intent', 'outcome:uncertain'],
  ['intent', 'outcome:uncertain', 'resolution:abandoned'],
  ['outcome:skipped'],
];

const DECIDED = new Set(['approved', 'executing', 'awaiting_release', 'paused', 'unresolved', 'done']);

/** Two chunks of each state, with some of everything in them. */
function seed() {
  const chunks = [...CHUNK_STATES, ...CHUNK_STATES].map((state, index) => ({
    state,
    continued: false,
    reviewed: index % 3 === 0,
    items: CHAINS.slice(0, 1 + (index % CHAINS.length)).map((receipts) => ({
      fields: { date: '2020-11-03', from: 'a@shop.x', subject: 'x' },
      category: 'noise',
      ...(receipts && DECIDED.has(state) ? { receipts } : {}),
    })),
  }));
  return seedBatch(pool, { chunks });
}

const RECENT = 100;

/** As the pages of small batches do it, chunk by chunk. */
async function byChunks(batchId: string): Promise<Tally> {
  const chunks = await readChunksNow(pool, batchId);
  return tallyOf(chunks, await foldChunks(pool, batchId, chunks));
}

const sorted = ({ states, recent, ...rest }: Tally) => ({
  ...rest,
  states: states
    .map(({ state, chunks, items, classified, free, firstFree, firstHeld, doubts }) => ({
      ...{ state, chunks, items, classified, free, firstFree, firstHeld, doubts },
    }))
    .toSorted((a, b) => a.state.localeCompare(b.state)),
  recent: recent.map(({ number, seq }) => ({ number, seq })).toSorted((a, b) => a.number - b.number),
});

test('what the database adds up is what the chunks give one by one', async () => {
  const { batchId } = await seed();
  await pool.query(
    `WITH open AS (INSERT INTO incident (id, kind, message) VALUES (gen_random_uuid(), 'target', 'it is gone') RETURNING id)
     UPDATE chunk SET incident_id = open.id FROM open WHERE batch_id = $1 AND state = 'halted' AND number < 15`,
    [batchId],
  );
  await checkSums();
  const tally = await readTally(pool, batchId, RECENT);
  expect(sorted(tally)).toEqual(sorted(await byChunks(batchId)));
  expect(tally.sum).toMatchObject({ addsUp: true, checked: { at: null } });
  expect(tally.states.find(({ state }) => state === 'halted')).toMatchObject({ chunks: 2, free: 1 });
});

test('what nobody has checked since is not told as checked', async () => {
  const { batchId } = await seed();
  const never = await readTally(pool, batchId, RECENT);
  expect(never.sum).toMatchObject({ addsUp: true, checked: { at: null } });
  expect(never.sum.checked.receipts).toBe(0);
  await checkSums();
  const { rows } = await pool.query('SELECT max(checked_at) AS at FROM chunk_fold WHERE batch_id = $1', [batchId]);
  // A counter that lies now: everything up to the last check is told as checked, and the chunk is not.
  await pool.query("UPDATE chunk SET done = done + 1 WHERE batch_id = $1 AND state = 'done'", [batchId]);
  const lying = await readTally(pool, batchId, RECENT);
  expect(lying.sum).toMatchObject({ addsUp: true, checked: { at: rows[0].at.toISOString() } });
  expect(lying.sum.checked.receipts).toBe(lying.sum.checked.of - 2);
  await checkSums();
  expect((await readTally(pool, batchId, RECENT)).sum).toMatchObject({ addsUp: false, difference: 2 });
});
