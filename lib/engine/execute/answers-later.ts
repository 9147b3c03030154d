/**
 * Actions whose answer comes later, from somebody who takes minutes or days. Their intents are open and hold no slot; when nothing else is to be sent the chunk is given
 * back, and whoever claims it asks again under the same keys, as after any takeover.
 */
import type { Wait } from '#lib/store/chunks/claims.sql.ts';
import type { Attempt } from './attempt.ts';
import { type Run, target } from './run.ts';
import { slotsOf } from './slots.ts';

export function answersAwaited(run: Run): boolean {
  return run.awaited.size > 0;
}

/** The chunk's wait for the next of them, when nothing else is to be done. */
export function untilAnswered(run: Run): Wait {
  return { for: 'agent', ms: Math.max(0, Math.min(...run.awaited.values()) - run.clock.now()) };
}

/**
 * Whether as many are out as may be in flight at once, so that the attempt (null: one of these) is left for later; where one action waits for another, nothing is
 * begun while one is out.
 */
export function heldUp(run: Run, attempt: Attempt | null): boolean {
  const full = run.awaited.size >= slotsOf(run);
  return full && (attempt === null || run.approval.serial || answersLater(run, attempt));
}

/** Before its first send, so that it counts while that is out. */
export function awaitAnswer(run: Run, attempt: Attempt): void {
  if (answersLater(run, attempt)) run.awaited.set(attempt.row.ordinal, Number.POSITIVE_INFINITY);
}

function answersLater(run: Run, { row }: Attempt): boolean {
  const to = target(run, row);
  return to.kind === 'remote' && to.answersLater === true;
}
