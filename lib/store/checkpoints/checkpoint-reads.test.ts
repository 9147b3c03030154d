import { expect, test } from 'vitest';
import { randomSample } from '#lib/core/checkpoints/sampling.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { pickRandom, pickUnsure } from './checkpoint-reads.sql.ts';

const { pool } = await testDatabase();

const items = Array.from({ length: 300 }, (_, index) => ({
  fields: { subject: `mail ${index}` },
  category: index % 3 === 0 ? 'keep' : 'noise',
  confidence: (index % 50) / 50,
}));

test('the database draws the very sample that the pure permutation says, per category', async () => {
  const batch = await seedBatch(pool, { plan: { receiptFields: ['subject'] }, chunks: [{ state: 'awaiting_review', items }] });
  const [chunk] = batch.chunks;
  if (!chunk) throw new Error('no chunk');
  const picked = await pickRandom(pool, chunk.id, chunk.seed, ['noise', 'keep', 'empty'], 25);
  for (const category of ['noise', 'keep']) {
    const members = items.flatMap((item, index) => (item.category === category ? [index + 1] : []));
    const drawn = picked.filter((one) => one.category === category).map(({ ordinal }) => ordinal);
    expect(drawn).toEqual(randomSample(chunk.seed, members, 25));
  }
});

test('the unsure ones are the least sure and never counted as random', async () => {
  const batch = await seedBatch(pool, { plan: { receiptFields: ['subject'] }, chunks: [{ state: 'awaiting_review', items }] });
  const [chunk] = batch.chunks;
  if (!chunk) throw new Error('no chunk');
  const random = await pickRandom(pool, chunk.id, chunk.seed, ['noise'], 40);
  const unsure = await pickUnsure(pool, chunk.id, ['noise'], random, 10);
  const taken = new Set(random.map(({ ordinal }) => ordinal));
  const left = items
    .map((item, index) => ({ ...item, ordinal: index + 1 }))
    .filter((item) => item.category === 'noise' && !taken.has(item.ordinal))
    .sort((a, b) => a.confidence - b.confidence || a.ordinal - b.ordinal);
  expect(unsure.map(({ ordinal }) => ordinal)).toEqual(left.slice(0, 10).map(({ ordinal }) => ordinal));
});
