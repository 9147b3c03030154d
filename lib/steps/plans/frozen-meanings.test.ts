import { expect, test } from 'vitest';
import { createBatch } from '#lib/steps/batches/create-batch.ts';
import { changeReading } from '#lib/steps/datasets/change-reading.ts';
import { readReading } from '#lib/steps/datasets/read-reading.ts';
import { uploadDataset } from '#lib/steps/datasets/upload-dataset.ts';
import { testDatabase } from '#test/database.ts';
import { ADA, chunkStates, workUntil } from '#test/fixtures/started-batch.ts';
import { previewBatch } from './preview-batch.ts';

const { pool } = await testDatabase();

test('a batch goes by the meanings that it was planned with, whatever is said of them later', async () => {
  async function* source() {
    yield Buffer.from(
      `id;opened\n${Array.from({ length: 40 }, (_, i) => `T-${i};${String(1 + (i % 28)).padStart(2, '0')}/0${1 + (i % 9)}/2026`).join('\n')}\n`,
    );
  }
  const { id: datasetId } = await uploadDataset(ADA, { name: 'days.csv', source: source() });
  const plan = {
    ...{ version: 2, timeZone: 'UTC', chunking: { by: 'size' }, categories: [{ name: 'a' }, { name: 'b' }] },
    classifier: {
      kind: 'rules',
      rules: [{ where: [[{ field: 'opened', is: 'before', value: '2026-03-01' }]], category: 'a' }],
      otherwise: 'b',
    },
  };
  const before = (await previewBatch(ADA, { datasetId, plan })).sort.rules;
  const { id } = await createBatch(ADA, { datasetId, name: 'x', plan, start: true } as never);
  const reading = await readReading(ADA, { datasetId } as never);
  await changeReading(ADA, {
    datasetId,
    change: { digest: reading?.digest, fields: [{ name: 'opened', type: 'text' }] },
  } as never);
  await expect(previewBatch(ADA, { datasetId, plan })).rejects.toThrow(/does not fit “opened”/);
  await workUntil(pool, async () => (await chunkStates(pool, id)).includes('awaiting_review'));
  const { rows } = await pool.query(`SELECT count(*)::int AS count FROM classification WHERE batch_id = $1 AND category = 'a'`, [
    id,
  ]);
  expect([rows[0].count]).toEqual(before);
  expect(before[0]).toBeGreaterThan(5);
});
