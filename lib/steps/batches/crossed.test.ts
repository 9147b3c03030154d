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
/** PostgreSQL's code for who was ended because two waited for each other. */
const DEADLOCK = '40P01';

test.each([
  ['assign', (batchId: string) => assign(ADA, { batchId, to: 'me' })],
  ['cancel', (batchId: string) => cancel(ADA, { batchId })],
])('%s is made once more when another had its chunks in another order', async (_, act) => {
  // Whoever looks first whether it waits in a circle is ended: mostly who waited first. Where `other` was ended, for a slow machine
  // closed the circle late, `act` had to do nothing twice and has shown nothing: so once more.
  for (let shown = false; !shown; ) shown = await cross(act);
});

/** Lets the act and another transaction wait for each other. Gives whether the act was ended for it. */
async function cross(act: (batchId: string) => Promise<unknown>): Promise<boolean> {
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
    for (let waits = 0; waits === 0; ) ({ rowCount: waits = 0 } = (await pool.query(WAITS)) as { rowCount: number });
    const locked = await lock(1).then(
      () => true,
      (error) => {
        expect(error).toMatchObject({ code: DEADLOCK });
        return false;
      },
    );
    await other.query(locked ? 'COMMIT' : 'ROLLBACK');
    expect(await acted).toMatchObject({ chunks: [1, 2] });
    return locked;
  } finally {
    other.release(true);
  }
}
