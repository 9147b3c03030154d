/** Asking a target what became of a request. */
import { HeldOff } from '#lib/core/receipts/answer.ts';
import { reach } from '#lib/engine/failpoints.ts';
import { type Attempt, sendingOf } from './attempt.ts';
import { resolutionRow } from './attempt-receipts.ts';
import { closeRequest, enterConnection, leaveConnection } from './connections.ts';
import { Refused } from './receipt-writer.ts';
import { type Run, target } from './run.ts';
import type { Inspection } from './target.ts';
import { inTurn } from './waits.ts';

/**
 * Asks the target about an action that is uncertain on record; true when it says that it happened, which settles it. So does the word of a target that refuses the
 * key from now on that it did not. Any other answer ends nothing: whoever was lost may still be sending (I4). What the target said is kept either way.
 */
export async function lookUp(run: Run, attempt: Attempt): Promise<boolean> {
  const to = target(run, attempt.row);
  if (to.kind !== 'remote' || !to.inspect || run.drain.aborted) return false;
  if (!(await enterConnection(run, attempt.row))) return false;
  if (!(await inTurn(run, run.drain))) {
    await leaveConnection(run, attempt.row, false);
    return false;
  }
  let said: Inspection | null;
  try {
    if (!run.lease.valid()) throw new Refused('lost');
    await reach('inspection.before', run.claim.batchId);
    said = await to.inspect(sendingOf(run, attempt), run.lease.signal).catch(unlessHeldOff);
  } finally {
    await closeRequest(run, attempt.row, true);
  }
  if (said === null || run.lease.signal.aborted) return false;
  await reach('inspection.answered', run.claim.batchId);
  const result = said.finding === 'happened' ? 'succeeded' : said.finding === 'did_not' ? 'not_executed' : null;
  const action = { ordinal: attempt.row.ordinal, step: attempt.step + 1 };
  const kept = said.finding === 'did_not' ? ({ finding: 'not_there' } as const) : said;
  await run.writer.inspected({ ...action, by: run.by, said: kept, resolution: result && resolutionRow(run, attempt, result) });
  await reach('inspection.recorded', run.claim.batchId);
  run.announce();
  return result === 'succeeded';
}

/** Not asked after all: the action is uncertain on record, and stays so. */
function unlessHeldOff(error: unknown): null {
  if (error instanceof HeldOff) return null;
  throw error;
}
