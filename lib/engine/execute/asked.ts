/** Targets that asked to be left alone: their actions are passed over, or waited for. */
import { WAIT_HELD_MS } from '#lib/core/limits.ts';
import type { Attempt } from './attempt.ts';
import { type Run, whom } from './run.ts';
import { rest } from './waits.ts';

/** Whether its target asked to be left alone, and the time is not over. */
export function isAsked(run: Run, { row }: Attempt): boolean {
  return run.asked.size > 0 && (run.asked.get(whom(run, row)) ?? 0) > run.clock.now();
}

/** Whether the action is passed over, because its target asked to be left alone for long. A short while is waited for; so is any where the order counts. */
export async function askedToWait(run: Run, { row }: Attempt): Promise<boolean> {
  const until = run.asked.size === 0 ? undefined : run.asked.get(whom(run, row));
  if (until === undefined) return false;
  const far = until - run.clock.now() > WAIT_HELD_MS;
  if (far && !run.approval.serial) run.passedOver = true;
  else await rest(run, { until, for: 'retry_after' });
  return far && !run.approval.serial;
}

/** Where several targets asked, one that can be gone on with soon is waited for: whoever claims the chunk next does not know what the others asked. */
const ASKED_HELD_MS = 60_000;

/** All else is done: waits for the targets that asked to be left alone. False when the execution ends instead. */
export async function untilAskedAgain(run: Run): Promise<boolean> {
  run.passedOver = false;
  const untils = [...run.asked.values()].sort((a, b) => a - b);
  const [first = 0, last = first] = [untils[0], untils.at(-1)];
  const held = first < last && first - run.clock.now() < ASKED_HELD_MS;
  if (!(await rest(run, held ? { until: first, for: null } : { until: last, for: 'retry_after' }))) return false;
  for (const [target, until] of run.asked) if (until <= run.clock.now()) run.asked.delete(target);
  return true;
}
