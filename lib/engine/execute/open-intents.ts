/** What an owner before this one began and did not end. */
import { reach } from '#lib/engine/failpoints.ts';
import type { WorkRow } from '#lib/store/actions/execution.sql.ts';
import { type Attempt, honoursKeys, openAttempt } from './attempt.ts';
import { outcomeRow } from './attempt-receipts.ts';
import { openRequest } from './connections.ts';
import { lookUp } from './look-up.ts';
import { page, type Run, target } from './run.ts';
import { applyRemote } from './send-remote.ts';
import { applyTransactional } from './send-transactional.ts';
import { inSlots } from './slots.ts';

/** `asked`: when the database was asked for them, by the monotonic clock. */
export type OpenPage = { asked: number; rows: Promise<WorkRow[]> };

/** Asks for what is open, from the claim on: no owner before this one adds to it any more (I3). */
export function readOpen(run: Run, after: number | null): OpenPage {
  const asked = run.clock.now();
  const rows = run.store.openIntents(run.claim, page(run, after));
  // Told to whoever awaits it; nobody does when the execution ends before.
  rows.catch(() => {});
  return { asked, rows };
}

/**
 * I4: what an owner before this one left open is never silently repeated. An effect that shares its outcome's transaction did not happen
 * and is applied under the same key; a target that still knows the key gets the same key and the same bytes; all else is uncertain, and is then
 * looked up where the target can be asked.
 */
export async function settleOpenIntents(run: Run, first: OpenPage): Promise<void> {
  run.awaited.clear();
  for (let { asked, rows } = first; ; ) {
    const found = await rows;
    const last = found[found.length - 1];
    if (!last) return;
    await reach('open.found', run.claim.batchId);
    const open = found.map((row) => openAttempt(row, asked, run.claim.epoch));
    await applyTransactional(
      run,
      open.filter(({ row }) => target(run, row).kind === 'transactional'),
    );
    const remote = open.filter(({ row }) => target(run, row).kind === 'remote');
    const honoured = remote.filter((attempt) => honoursKeys(run, attempt));
    const uncertain = remote.filter((attempt) => !honoured.includes(attempt));
    if (uncertain.length > 0) {
      await reach('open.doubting', run.claim.batchId);
      await leaveUncertain(run, uncertain);
      await inSlots(run, uncertain, async (attempt) => void (await lookUp(run, attempt)));
    }
    if (honoured.length > 0) await reach('open.repeating', run.claim.batchId);
    await inSlots(run, honoured, async (attempt) => {
      if (honoursKeys(run, attempt)) return (await openRequest(run, attempt.row)) ? applyRemote(run, attempt) : undefined;
      // The key's time ran out while those before it were repeated.
      await leaveUncertain(run, [attempt]);
      await lookUp(run, attempt);
      return undefined;
    });
    ({ asked, rows } = readOpen(run, last.ordinal));
  }
}

async function leaveUncertain(run: Run, attempts: Attempt[]): Promise<void> {
  const lost = { result: 'uncertain', reason: 'worker_lost' } as const;
  await run.writer.outcomes(attempts.map((attempt) => outcomeRow(run, attempt, lost)));
  run.announce();
}
