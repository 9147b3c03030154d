/**
 * A worker's hold on its chunks. It narrows the window in which two workers could act and proves nothing; the fence in the
 * receipt's statement does (I3).
 */
import { LEASE_MARGIN_MS, LEASE_MS, LEASE_RENEW_MS } from '#lib/core/limits.ts';
import type { Claim, Renewal } from '#lib/store/chunks/claims.sql.ts';
import { CLOCK, type Clock } from './clock.ts';
import type { ExecutionStore } from './execute/execution-store.ts';
import { reach } from './failpoints.ts';

export type Lease = {
  /** Checked just before each send: by the monotonic clock, counted from before the last good renewal was sent. */
  valid(): boolean;
  /** Whether a target of the chunk fails for everybody and is not this worker's to try, as the last renewal found it. */
  held(): boolean;
  /** Aborts when the lease is lost, so that what can still be called back is. */
  signal: AbortSignal;
  /** Stops renewing; the chunk is not given back by this. */
  end(): void;
};

export type LeaseKeeper = {
  /** Holds the claim by renewing it until `end()` of the lease. `claimedAt` is the clock's `now()` from before the claim was sent. */
  hold(claim: Claim, claimedAt: number): Lease;
  /** Renews nothing any more. */
  end(): void;
};

/** Every LEASE_RENEW_MS one statement renews all leases of this process. One whose row somebody has is renewed by itself, as soon as it is free. */
export function leaseKeeper(
  store: Pick<ExecutionStore, 'renewLease' | 'renewLeases' | 'trouble'>,
  clock: Clock = CLOCK,
): LeaseKeeper {
  // By the claim, not by its chunk: a process may inherit a chunk from itself, and then two of them hold it for a moment.
  const holds = new Set<Hold>();
  const beat = async (): Promise<void> => {
    for (const hold of holds) hold.look();
    const due = [...holds].filter((hold) => hold.due());
    if (due.length === 0) return;
    for (const hold of due) hold.renewing = true;
    await Promise.all(due.map(({ claim }) => reach('renewal.before', claim.batchId)));
    const sentAt = clock.now();
    try {
      const found = await store.renewLeases(due.map(({ claim }) => claim));
      const busy = due.filter((_, index) => found[index] === 'in_use');
      for (const [index, hold] of due.entries()) if (found[index] !== 'in_use') hold.learn(found[index] ?? 'lost', sentAt);
      await Promise.all(due.map(({ claim }) => reach('renewal.made', claim.batchId)));
      for (const hold of busy) void alone(hold);
    } catch (error) {
      store.trouble.met(error);
      // The database is away: the next beat tries again, and the leases run out meanwhile.
      for (const hold of due) hold.renewing = false;
    }
    for (const hold of due) hold.look();
  };
  const alone = async (hold: Hold): Promise<void> => {
    const sentAt = clock.now();
    try {
      hold.learn((await store.renewLease(hold.claim)) ?? 'lost', sentAt);
    } catch (error) {
      store.trouble.met(error);
      hold.renewing = false;
    }
    hold.look();
  };
  const endBeat = clock.every(LEASE_RENEW_MS, beat);
  return {
    hold(claim, claimedAt) {
      const hold = holdOf(claim, claimedAt, clock);
      holds.add(hold);
      const { valid, held, signal } = hold;
      return { valid, held, signal, end: () => void holds.delete(hold) };
    },
    end: endBeat,
  };
}

type Hold = ReturnType<typeof holdOf>;

function holdOf(claim: Claim, claimedAt: number, clock: Clock) {
  const lost = new AbortController();
  let validUntil = claimedAt + LEASE_MS - LEASE_MARGIN_MS;
  let held = false;
  const valid = (): boolean => !lost.signal.aborted && clock.now() < validUntil;
  const hold = {
    claim,
    /** A renewal may be on its way for longer than the lease lasts. */
    renewing: false,
    signal: lost.signal,
    valid,
    held: () => held,
    due: () => !hold.renewing && !lost.signal.aborted,
    look(): void {
      if (clock.now() > validUntil) lost.abort();
    },
    learn(renewal: Exclude<Renewal, 'in_use'>, sentAt: number): void {
      hold.renewing = false;
      if (renewal === 'lost') lost.abort();
      else validUntil = sentAt + LEASE_MS - LEASE_MARGIN_MS;
      held = renewal !== 'lost' && renewal.held;
    },
  };
  return hold;
}
