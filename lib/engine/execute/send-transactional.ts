/** Effects inside Countersign: made in the transaction of their outcomes, so that there is never one without the other. */
import type { Answer } from '#lib/core/receipts/answer.ts';
import { reach } from '#lib/engine/failpoints.ts';
import { type Attempt, sendingOf } from './attempt.ts';
import { intentRow, outcomeRow } from './attempt-receipts.ts';
import { pace } from './pace.ts';
import { heed, type Run, target } from './run.ts';

/** One statement of intents, then one transaction of effects and outcomes; with a rate, as many at once as go out within a second. */
export async function sendTransactional(run: Run, all: Attempt[]): Promise<void> {
  for (let at = 0; at < all.length; ) {
    heed(run);
    const count = await pace(run, all.length - at, all.length - at);
    if (count === 0) return;
    const attempts = all.slice(at, at + count);
    at += count;
    // I1: no effect is made before this commit is acknowledged.
    await run.writer.intents(attempts.map((attempt) => intentRow(run, attempt)));
    await applyTransactional(run, attempts);
  }
}

export async function applyTransactional(run: Run, attempts: Attempt[]): Promise<void> {
  const first = attempts[0];
  if (!first) return;
  // Rows of one page may name several connectors; each has its own transaction.
  const own = attempts.filter(({ row }) => row.connector === first.row.connector);
  const to = target(run, first.row);
  if (to.kind !== 'transactional') throw new Error(`${first.row.connector} is not transactional.`);
  await run.writer.outcomes(async (client) => {
    await reach('effect.before', run.claim.batchId);
    const results = await to.applyMany(
      client,
      own.map((attempt) => sendingOf(run, attempt)),
    );
    await reach('effect.made', run.claim.batchId);
    if (results.length !== own.length)
      throw new Error(`${first.row.connector} answered ${results.length} of ${own.length} actions.`);
    return own.map((attempt, index) => outcomeRow(run, attempt, results[index] as Answer));
  });
  run.announce();
  await applyTransactional(
    run,
    attempts.filter(({ row }) => row.connector !== first.row.connector),
  );
}
