/** What the judge of the soak says of receipts of people and of the batch itself: nothing where they are true, and something of every lie. */
import { expect, test } from 'vitest';
import { startBatch } from '#lib/steps/batches/start-batch.ts';
import { correct } from '#lib/steps/checkpoints/correct.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { ADA, BO } from '#test/fixtures/started-batch.ts';
import type { SoakBatch } from './batches.ts';
import { judge, judgeEnd, type Lie } from './oracle.ts';

const { pool, superPool } = await testDatabase();

/** Started, put right and closed without executing. */
async function over(): Promise<SoakBatch> {
  const items = [1, 2, 3].map((number) => ({ fields: { subject: `mail ${number}` }, category: 'noise', part: -1 }));
  const { batchId } = await seedBatch(pool, { state: 'proposed', chunks: [{ state: 'awaiting_review', items }] });
  await startBatch(ADA, { batchId });
  await correct(BO, { batchId, chunk: 1, corrections: [{ ordinal: 2, category: 'keep', note: 'kept' }] });
  const digest = (await readCheckpoint(BO, { batchId, chunk: 1 }))?.digest ?? '';
  await decide(BO, { batchId, chunks: [{ number: 1, digest }], close: true, note: 'enough' });
  return { name: 'batch', path: '/batch', own: 'batch', isUndo: false, batchId, items: 3 };
}

async function lies(batch: SoakBatch): Promise<Lie['said'][]> {
  const found = [...(await judge(pool, [], batch, [])).lies, ...(await judgeEnd(pool, batch))];
  return found.filter(({ kind }) => kind === 'falseRecord').map(({ said }) => said);
}

test('true records are no lies, and each that is altered is one', async () => {
  const said = async (alter: string): Promise<string[]> => {
    const batch = await over();
    expect(await lies(batch)).toEqual([]);
    await superPool.query(
      'SET session_replication_role = replica; ALTER TABLE receipt DISABLE TRIGGER ALL; ALTER TABLE receipt_value DISABLE TRIGGER ALL; ALTER TABLE review DISABLE TRIGGER ALL; ALTER TABLE correction DISABLE TRIGGER ALL',
    );
    await superPool.query(alter, [batch.batchId]);
    return lies(batch);
  };
  const altered = (body: string) => `convert_to(jsonb_set(convert_from(body, 'UTF8')::jsonb, ${body})::text, 'UTF8')`;
  expect(await said("DELETE FROM receipt WHERE batch_id = $1 AND kind = 'start'")).toEqual([
    'the batch counts 2 receipts of its own; stored are 2',
    'the batch has closing',
  ]);
  expect(await said("DELETE FROM receipt WHERE batch_id = $1 AND kind = 'decision'")).toEqual([
    'the last closing tells of other receipts than are stored',
    'the last closing counts 3',
  ]);
  expect(await said('DELETE FROM review WHERE batch_id = $1')).toEqual(['corrected from noise, and that is not marked as wrong']);
  expect(await said("UPDATE receipt_value SET value = 'more' WHERE batch_id = $1 AND chunk = 1 AND seq = 2")).toEqual([
    'decision 1.2 does not commit to its note',
  ]);
  expect(
    await said(`UPDATE receipt SET body = ${altered("'{ordinals}', '[[3,3]]'")} WHERE batch_id = $1 AND kind = 'correction'`),
  ).toEqual(['corrected from noise to keep, and receipt 1.1 does not say so']);
  expect(await said('DELETE FROM correction WHERE batch_id = $1')).toEqual([
    'receipt 1.1 tells of other corrections than the 0 that name it',
  ]);
  expect(await said("UPDATE batch SET state = 'cancelled' WHERE id = $1")).toEqual([
    'the last closing says finished, and the batch is cancelled',
  ]);
});
