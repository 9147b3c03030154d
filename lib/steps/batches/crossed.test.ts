/** Two transactions that hold what the other waits for: PostgreSQL ends one of them, and whoever asked for it is none the wiser. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { assign } from '#lib/steps/reviews/assign.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { ADA } from '#test/fixtures/started-batch.ts';
import { cancel } from './cancel.ts';

const { pool } = await testDatabase();

/** In this database: other files have theirs on the same server. */
const WAITS = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

test.each([
  ['assign', (batchId: string) => assign(ADA, { batchId, to: 'me' })],
  ['cancel', (batchId: string) => cancel(ADA, { batchId })],
])('%s is made once more when another had its chunks in another order', async (_, act) => {
  const item = { fields: { subject: randomUUID() }, category: 'noise' };
  const { batchId } = await seedBatch(pool, { chunks: [1, 2].map(() => ({ state: 'awaiting_review' as const, items: [item] })) });
  const lock = (number: number) =>
    other.query('SELECT FROM chunk WHERE batch_id = $1 AND number = $2 FOR UPDATE', [batchId, number]);
  const other = await pool.connect();
  try {
    await other.query('BEGIN');
    await lock(2);
    const acted = act(batchId);
    acted.catch(() => undefined);
    // Whoever waited first looks first whether it waits in a circle, and is ended.
    for (let waits = 0; waits === 0; ) ({ rowCount: waits = 0 } = (await pool.query(WAITS)) as { rowCount: number });
    await lock(1);
    await other.query('COMMIT');
    expect(await acted).toMatchObject({ chunks: [1, 2] });
  } finally {
    other.release(true);
  }
});
