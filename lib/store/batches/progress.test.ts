/** FINISHED_ITEMS says in SQL what finishedItems says: over every state, with counters as a chunk can have them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { finishedItems } from '#lib/core/batches/progress.ts';
import { CHUNK_STATES } from '#lib/core/lifecycle.ts';
import { testDatabase } from '#test/database.ts';
import { FINISHED_ITEMS } from './batch-reads.sql.ts';

const { pool } = await testDatabase();

test('the items that are finished are the same in the database and in core', async () => {
  const parts = fc.array(fc.nat(9), { minLength: 8, maxLength: 8 });
  const one = fc.record({ state: fc.constantFrom(...CHUNK_STATES), decided: fc.boolean(), parts });
  const chunks = fc.sample(one, { numRuns: 500, seed: 8 }).map(({ state, decided, parts }) => {
    const [done = 0, skipped = 0, failed = 0, uncertain = 0, notExecuted = 0, inFlight = 0, waiting = 0, unacted = 0] = parts;
    const approved = done + skipped + failed + uncertain + notExecuted + inFlight + waiting;
    const counters = { approved, done, skipped, failed, uncertain, notExecuted, inFlight };
    // Nothing has a receipt here, so nothing was accepted as unknown.
    return { state, decided, itemCount: approved + unacted, counters, abandoned: 0 };
  });
  const { rows } = await pool.query<{ finished: number }>(
    `SELECT (${FINISHED_ITEMS})::int AS finished
     FROM json_to_recordset($1) AS c(at int, batch_id uuid, number int, state text, item_count int, decision_id text,
       approved_actions int, done int, skipped int, failed int, uncertain int, not_executed int) ORDER BY at`,
    [
      JSON.stringify(
        chunks.map(({ state, decided, itemCount, counters }, at) => ({
          ...{ at, state, item_count: itemCount, decision_id: decided ? 'x' : null },
          ...{ approved_actions: counters.approved, not_executed: counters.notExecuted },
          ...{ done: counters.done, skipped: counters.skipped, failed: counters.failed, uncertain: counters.uncertain },
        })),
      ),
    ],
  );
  expect(rows.map(({ finished }) => finished)).toEqual(chunks.map(finishedItems));
});
