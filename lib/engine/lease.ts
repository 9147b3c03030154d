/**
 * A worker's hold on one chunk. It narrows the window in which two workers could act and proves nothing; the fence in the
 * receipt's statement does (I3).
 */
import type { Pool } from 'pg';
import { LEASE_MS, LEASE_RENEW_MS } from '../core/limits.ts';
import { type Claim, renewLease } from '../store/claims.ts';
import { troubleOf } from './database-trouble.ts';
import { reach } from './failpoints.ts';

export type Lease = {
  /** Checked just before each send: by the monotonic clock, counted from before the last good renewal was sent. */
  valid(): boolean;
  /** Aborts when the lease is lost, so that what can still be called back is. */
  signal: AbortSignal;
  /** Stops renewing; the chunk is not given back by this. */
  end(): void;
};

/** Room for the time between the check and the bytes leaving. */
const MARGIN_MS = 250;

/** Holds the claim by renewing it every LEASE_RENEW_MS until `end()`. `claimedAt` is `performance.now()` from before the claim was sent. */
export function holdLease(pool: Pool, claim: Claim, claimedAt: number): Lease {
  const lost = new AbortController();
  let validUntil = claimedAt + LEASE_MS - MARGIN_MS;
  let renewing = false;

  const renew = async (): Promise<void> => {
    // A renewal may be on its way for longer than the lease lasts.
    if (performance.now() > validUntil) lost.abort();
    if (renewing || lost.signal.aborted) return;
    renewing = true;
    await reach('renewal.before', claim.batchId);
    const sentAt = performance.now();
    try {
      if (await renewLease(pool, claim)) validUntil = sentAt + LEASE_MS - MARGIN_MS;
      else lost.abort();
      await reach('renewal.made', claim.batchId);
    } catch (error) {
      troubleOf(pool).met(error);
      // The database is away: the next beat tries again, and validUntil runs out meanwhile.
    } finally {
      renewing = false;
    }
    if (performance.now() > validUntil) lost.abort();
  };
  const beat = setInterval(renew, LEASE_RENEW_MS);

  return {
    valid: () => !lost.signal.aborted && performance.now() < validUntil,
    signal: lost.signal,
    end: () => clearInterval(beat),
  };
}
