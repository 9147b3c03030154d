/** Every wait of an execution listens: to a pause, a drain, a lost lease, a call to give way. Whoever waits holds no request. */
import { LOOK_MS, WAIT_HELD_MS } from '#lib/core/limits.ts';
import type { Wait } from '#lib/store/chunks/claims.sql.ts';
import type { Rest } from './rests.ts';
import { heed, type Run, wake } from './run.ts';

/** Waits; false when the execution is to end instead: this worker is to stop, or owns the chunk no more. The receipts say what is due. */
export async function rest(run: Run, wanted: Rest): Promise<boolean> {
  if (wanted.until > run.clock.now()) await look(run);
  // What targets asked is known to this owner alone.
  const asked = [...run.asked.values()].some((until) => until > run.clock.now());
  const wait: Rest = asked && wanted.for !== 'retry_after' ? { ...wanted, for: null } : wanted;
  return run.rests.wait(wait, async () => {
    for (;;) {
      heed(run);
      if (run.stop !== null) return false;
      const left = wait.until - run.clock.now();
      if (left <= 0) return true;
      await run.clock.sleep(Math.min(left, LOOK_MS), run.stirred.signal);
      if (!run.lease.valid()) wake(run, 'lost');
      await look(run);
    }
  });
}

/** Who waits writes nothing, and would not hear of a pause. One looks for all; and before the wait, for a chunk that is being stopped waits for nothing. */
async function look(run: Run): Promise<void> {
  if (run.stop !== null || run.clock.now() - run.lookedAt < LOOK_MS) return;
  run.lookedAt = run.clock.now();
  const stands = await run.store.howClaimStands(run.claim);
  if (stands !== null) wake(run, stands);
}

/** Those who wait for one rate come back at different moments, and in time to reserve what is then near. */
const SPREAD_MS = 400;

/** As long as it is, but that for a rate each comes back at another moment. */
export function spread(run: Run, { for: what, ms }: Wait): Wait {
  return { for: what, ms: what === 'rate' ? ms - WAIT_HELD_MS + run.random() * SPREAD_MS : ms };
}

/** Waits for one of the worker's open requests to be this execution's. */
export function inTurn(run: Run, signal: AbortSignal): Promise<boolean> {
  const soon: Rest = { until: run.clock.now(), for: null };
  return run.rests.wait(soon, () => run.requests.open(signal));
}
