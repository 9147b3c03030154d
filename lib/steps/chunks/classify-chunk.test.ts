import { expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { workUntil } from '#test/fixtures/started-batch.ts';

const { pool } = await testDatabase();

const BO: Actor = { id: 'user:00000000-0000-4000-8000-000000000001', role: 'reviewer', name: 'Bo', via: 'page' };

test('whoever classifies a chunk makes the digest of its manifest, so that the first look does not have to', async () => {
  const items = Array.from({ length: 30 }, (_, index) => ({
    fields: { date: '2020-11-03', from: 'a@shop.x', subject: `mail ${index}` },
  }));
  const { batchId } = await seedBatch(pool, { chunks: [{ state: 'queued', items }] });
  const digest = async (): Promise<string | null> => {
    const { rows } = await pool.query("SELECT encode(manifest_digest, 'hex') AS digest FROM chunk WHERE batch_id = $1", [
      batchId,
    ]);
    return rows[0].digest;
  };
  await workUntil(pool, async () => (await digest()) !== null);
  const made = await digest();
  // What a look makes when there is none.
  await pool.query('UPDATE chunk SET manifest_digest = NULL WHERE batch_id = $1', [batchId]);
  expect(await readCheckpoint(BO, { batchId, chunk: 1 })).toMatchObject({ digest: made, chunk: { state: 'awaiting_review' } });
});
