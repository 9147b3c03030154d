import { expect, test } from 'vitest';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { readCategoryCounts } from '#lib/store/chunks/classifications.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { BO } from '#test/fixtures/started-batch.ts';
import { pickRandom, pickUnsure } from './checkpoint-reads.sql.ts';
import { lookAt } from './looks.ts';

const database = await testDatabase();
const { pool } = database;

const NAMES = ['noise', 'keep', 'constructor'];

const items = Array.from({ length: 300 }, (_, index) => ({
  fields: { subject: `mail ${index}` },
  category: index % 3 === 0 ? 'keep' : 'noise',
  confidence: (index % 50) / 50,
}));

async function seed() {
  const { batchId } = await seedBatch(pool, {
    plan: { receiptFields: ['subject'] },
    chunks: [{ state: 'awaiting_review', items }],
  });
  const now = async () => {
    const [chunk] = await readChunksNow(pool, batchId);
    if (!chunk) throw new Error('no chunk');
    return chunk;
  };
  return { batchId, now };
}

const made = async (chunk: Awaited<ReturnType<typeof readChunksNow>>[number]) => {
  const random = await pickRandom(pool, chunk.id, chunk.seed, ['noise', 'keep'], 40);
  return {
    counts: await readCategoryCounts(database, chunk.id),
    random,
    unsure: await pickUnsure(pool, chunk.id, ['noise', 'keep'], random, 10),
  };
};

const kept = async (): Promise<number[]> =>
  (await pool.query('SELECT revision FROM chunk_look')).rows.map(({ revision }) => revision);

test('a look is counted and drawn once, and says the same the next time without the classifications', async () => {
  const { now } = await seed();
  const chunk = await now();
  const expected = await made(chunk);
  expect(await lookAt(database, chunk, NAMES)).toEqual(expected);
  await pool.query('DELETE FROM classification WHERE chunk_id = $1', [chunk.id]);
  expect(await lookAt(database, chunk, NAMES)).toEqual(expected);
});

test('a correction is seen at the next look, however late one of the look before is kept', async () => {
  const { batchId, now } = await seed();
  const before = await now();
  await lookAt(database, before, NAMES);
  await correct(BO, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'keep' }] });
  const after = await now();
  const look = await lookAt(database, after, NAMES);
  expect(look).toEqual(await made(after));
  expect(look.counts.get('keep')).toBe(101);
  // Whoever read the chunk before the correction does not put its look in the place of the newer one.
  await lookAt(database, before, NAMES);
  expect((await lookAt(database, after, NAMES)).counts.get('keep')).toBe(101);
});

test.each([
  ['is still being classified', "state = 'classifying'"],
  ['halted before all of it was classified', "state = 'halted', halted_from = 'classifying', item_count = item_count + 1"],
])('nothing is kept of a chunk that %s', async (_, change) => {
  const { now } = await seed();
  const before = await kept();
  await pool.query(`UPDATE chunk SET ${change} WHERE id = $1`, [(await now()).id]);
  expect((await lookAt(database, await now(), NAMES)).counts.get('noise')).toBe(200);
  expect(await kept()).toEqual(before);
});
