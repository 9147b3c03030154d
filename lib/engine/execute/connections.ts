/** What a connection bears over all who send: a request is opened within it, and closed. */
import type { WorkRow } from '#lib/store/actions/execution.sql.ts';
import type { Bounds, Entered } from '#lib/store/connections/buckets.sql.ts';
import { heed, type Run, target } from './run.ts';
import { inTurn, rest } from './waits.ts';

/**
 * Within what its connection bears, and the worker's bound of open requests: one more may be open, and its closing must follow. False when the execution
 * ends first.
 */
export async function openRequest(run: Run, row: WorkRow): Promise<boolean> {
  if (!(await enterConnection(run, row))) return false;
  if (!(await inTurn(run, run.stirred.signal))) {
    await leaveConnection(run, row, false);
    return false;
  }
  heed(run);
  if (run.stop === null) return true;
  await closeRequest(run, row, false);
  return false;
}

/** `sent`: whether anything went out since it was opened. */
export async function closeRequest(run: Run, row: WorkRow, sent: boolean): Promise<void> {
  run.requests.close();
  await leaveConnection(run, row, sent);
}

/** Waits for the connection's rate and a place at it; false when the execution is to end instead. What has no bounds passes. */
export async function enterConnection(run: Run, row: WorkRow): Promise<boolean> {
  const to = target(run, row);
  const bounds = to.kind === 'remote' && to.boundsOf ? await to.boundsOf(row) : null;
  if (bounds === null) {
    run.boundless.add(row.connection ?? '');
    return true;
  }
  run.boundless.delete(row.connection ?? '');
  const due = await inOrder(run, bounds, () => untilInside(run, bounds));
  if (due === null) return false;
  run.inside.set(row.ordinal, bounds);
  if (await rest(run, { until: due, for: null })) return true;
  await leaveConnection(run, row, false);
  return false;
}

/** `sent`: whether anything went out since it was entered. */
export async function leaveConnection(run: Run, { ordinal }: WorkRow, sent: boolean): Promise<void> {
  const bounds = run.inside.get(ordinal);
  if (!bounds) return;
  run.inside.delete(ordinal);
  // A place that is not given back comes back with the lease.
  await run.store.leaveConnection(run.claim, bounds, sent).catch((error) => void run.store.trouble.met(error));
}

/** One of the execution looks for a place, and not each that wants one. */
function inOrder<T>(run: Run, { connectionId }: Bounds, act: () => Promise<T>): Promise<T> {
  const before = run.entering.get(connectionId) ?? Promise.resolve();
  const mine = run.rests.wait(null, () => before).then(act);
  run.entering.set(
    connectionId,
    mine.then(
      () => {},
      () => {},
    ),
  );
  return mine;
}

/** When it may be sent, by the monotonic clock; null when the execution is to end instead. */
async function untilInside(run: Run, bounds: Bounds): Promise<number | null> {
  for (;;) {
    heed(run);
    if (run.stop !== null) return null;
    const asked = run.clock.now();
    const entered: Entered = await run.store.enterConnection(run.claim, bounds);
    if (entered.inside) return asked + entered.ms;
    if (!(await rest(run, { until: asked + entered.ms, for: entered.for === 'rate' ? 'rate' : null }))) return null;
  }
}
