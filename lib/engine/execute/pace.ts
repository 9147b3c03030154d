/** The batch's rate, over all who send for it. */
import type { Run } from './run.ts';
import { rest } from './waits.ts';

/** Of a rate, what is reserved ahead by who sends one by one. */
const AHEAD_SECONDS = 0.25;

/**
 * Waits for the batch's rate over all workers: gives how many of at most `together` may go out now, 0 when the execution is to end instead. `more` will
 * be asked for. What is reserved is at most a second's worth, and never lies far ahead: until then others may have it.
 */
export async function pace(run: Run, more: number, together: number): Promise<number> {
  const { ratePerSecond } = run.approval.plan.execution;
  if (ratePerSecond === null) return run.stop === null ? together : 0;
  for (;;) {
    const [send] = run.sends;
    if (send) {
      if (!(await rest(run, { until: send.due, for: null }))) return 0;
      // Another may have taken it meanwhile.
      if (run.sends[0] !== send) continue;
      run.sends.shift();
      return Math.min(send.count, together);
    }
    const most = Math.max(1, Math.floor(ratePerSecond * (together > 1 ? 1 : AHEAD_SECONDS)));
    const asked = run.clock.now();
    const { count, ms } = await run.store.reserveRate(run.claim, Math.min(more, most), ratePerSecond);
    if (together > 1) run.sends.push(...(count > 0 ? [{ due: asked + ms, count }] : []));
    else for (let at = 0; at < count; at += 1) run.sends.push({ due: asked + ms + (1_000 * at) / ratePerSecond, count: 1 });
    if (count === 0 && !(await rest(run, { until: asked + ms, for: 'rate' }))) return 0;
  }
}
