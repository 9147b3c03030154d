/**
 * Intents ahead of a free slot, so that a request can leave at the moment when a slot becomes free and does not wait there for a commit. Only where the target honours keys:
 * what a lost owner leaves open is then repeated, and nobody is asked about it (I4).
 */
import { HELD_BACK } from '#lib/core/receipts/answer.ts';
import { type Attempt, honoursKeys } from './attempt.ts';
import { intentRow, notBegunRows } from './attempt-receipts.ts';
import { type Run, target, wake } from './run.ts';

/** Of a chunk's slots: at most for so many a further intent is on record. */
const SHARE_MAX = 1 / 2;
/** Twice as many as become free during one commit on average, for answers come in bunches. */
const SPARE = 2;
/** Where an answer takes longer, a commit is next to nothing of it; and what is ahead would wait long. */
const ANSWER_MS_MAX = 250;
/** So long after the fence was passed nobody asks again whether the chunk is to stop. */
const GOING_MS = 100;
/** How much of an average is the last one's. */
const WEIGHT = 1 / 8;

/**
 * How many intents may be on record for actions that wait for a slot, this one's among them. None where the target keeps no keys, answers slowly or not yet, or where
 * something else than a slot is waited for: the order, a rate, what a connection bears, a trial.
 */
export function intentsAhead(run: Run, attempt: Attempt): number {
  const { approval, probes, answerMs, commitMs, boundless } = run;
  const { concurrency, ratePerSecond } = approval.plan.execution;
  if (approval.serial || ratePerSecond !== null || probes.size > 0) return 0;
  if (answerMs === null || answerMs > ANSWER_MS_MAX || !boundless.has(attempt.row.connection ?? '')) return 0;
  const to = target(run, attempt.row);
  if (to.kind !== 'remote' || to.answersLater || !honoursKeys(run, attempt)) return 0;
  const freed = (concurrency * commitMs) / Math.max(answerMs, 1);
  return Math.min(Math.max(1, Math.ceil(SPARE * freed)), Math.ceil(concurrency * SHARE_MAX));
}

/** Told of each answer: how long it took. */
export function answeredAfter(run: Run, ms: number): void {
  run.answerMs = run.answerMs === null ? ms : run.answerMs + WEIGHT * (ms - run.answerMs);
}

/** Resolves when the commit of the attempt's intent was acknowledged (I1), which also says that nobody stops the chunk. */
export async function storeIntent(run: Run, attempt: Attempt): Promise<void> {
  attempt.since = run.clock.now();
  await run.writer.intent(intentRow(run, attempt));
  run.goingAt = run.clock.now();
  run.commitMs += WEIGHT * (run.goingAt - attempt.since - run.commitMs);
}

/** While receipts are written all the time the fence says so. Else the chunk is looked at: a pause that came since is not to be followed by a request. */
export async function stillGoes(run: Run): Promise<boolean> {
  if (run.clock.now() - run.goingAt > GOING_MS) {
    const asked = run.clock.now();
    const stands = await run.store.howClaimStands(run.claim);
    if (stands === null) run.goingAt = asked;
    else wake(run, stands);
  }
  return run.stop === null;
}

/**
 * Its turn came too late: that nothing was sent is certain, and no attempt that counts; whoever goes on with the chunk attempts it again. Who has lost the chunk says
 * nothing, and the next owner repeats it under its key.
 */
export async function leaveUnsent(run: Run, attempt: Attempt): Promise<void> {
  if (run.stop === 'lost') return;
  await run.writer.notBegun(notBegunRows(run, attempt, HELD_BACK));
  run.announce();
}
