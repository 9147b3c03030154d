/**
 * A worker's hold on one chunk. It narrows the window in which two workers could act and proves nothing; the fence in the
 * receipt's statement does (I3).
 */
import { LEASE_MARGIN_MS, LEASE_MS, LEASE_RENEW_MS } from '#lib/core/limits.ts';
import type { Claim } from '#lib/store/chunks/claims.ts';
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

/** Holds the claim by renewing it every LEASE_RENEW_MS until `end()`. `claimedAt` is the clock's `now()` from before the claim was sent. */
export function holdLease(store: ExecutionStore, claim: Claim, claimedAt: number, clock: Clock = CLOCK): Lease {
  const lost = new AbortController();
  let validUntil = claimedAt + LEASE_MS - LEASE_MARGIN_MS;
  let renewing = false;
  let held = false;

  const renew = async (): Promise<void> => {
    // A renewal may be on its way for longer than the lease lasts.
    if (clock.now() > validUntil) lost.abort();
    if (renewing || lost.signal.aborted) return;
    renewing = true;
    await reach('renewal.before', claim.batchId);
    const sentAt = clock.now();
    try {
      const renewed = await store.renewLease(claim);
      if (renewed) validUntil = sentAt + LEASE_MS - LEASE_MARGIN_MS;
      else lost.abort();
      held = renewed?.held ?? false;
      await reach('renewal.made', claim.batchId);
    } catch (error) {
      store.trouble.met(error);
      // The database is away: the next beat tries again, and validUntil runs out meanwhile.
    } finally {
      renewing = false;
    }
    if (clock.now() > validUntil) lost.abort();
  };
  const endBeat = clock.every(LEASE_RENEW_MS, renew);

  return {
    valid: () => !lost.signal.aborted && clock.now() < validUntil,
    held: () => held,
    signal: lost.signal,
    end: endBeat,
  };
}
