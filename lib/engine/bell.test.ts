import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { testDatabase } from '#test/database.ts';
import { ring, stopRinging } from './bell.ts';

const { pool, ownerPool } = await testDatabase();
afterAll(stopRinging);

const jobs = async (): Promise<number> => {
  const { rows } = await ownerPool.query<{ count: number }>("SELECT count(*)::int AS count FROM pgboss.job WHERE name = 'bell'");
  return rows[0]?.count ?? 0;
};
test('a bell is rung with what the transaction does, and not without it', async () => {
  const before = await jobs();
  await inTransaction(pool, ring);
  expect(await jobs()).toBe(before + 1);
  await expect(
    inTransaction(pool, async (tx) => {
      await ring(tx);
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await jobs()).toBe(before + 1);
});

test('a bell that is out of order takes nothing of the transaction with it', async () => {
  const batchId = randomUUID();
  await ownerPool.query('ALTER TABLE pgboss.queue RENAME TO queue_away');
  try {
    await inTransaction(pool, async (tx) => {
      await tx.query("INSERT INTO event (batch_id, kind) VALUES ($1, 'before')", [batchId]);
      await ring(tx);
      await tx.query("UPDATE event SET kind = 'after' WHERE batch_id = $1", [batchId]);
    });
  } finally {
    await ownerPool.query('ALTER TABLE pgboss.queue_away RENAME TO queue');
  }
  expect((await pool.query('SELECT kind FROM event WHERE batch_id = $1', [batchId])).rows).toEqual([{ kind: 'after' }]);
});
