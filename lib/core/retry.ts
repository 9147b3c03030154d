/** When an action that certainly did nothing is attempted once more by itself. Pure; the receipts say how often it was attempted. */

/** Failures of one kind at one connector: the reasons that receipts give them, and how long the next attempt waits. */
export type RetryClass = {
  name: string;
  reasons: readonly string[];
  /** before the second attempt; doubled before each one after it */
  firstMs: number;
  maxMs: number;
};

export type Failure = {
  reason: string;
  /** attempts that failed so far, this one included, since a person last asked for more */
  tried: number;
  /** how long the target asked to wait, null when it did not */
  retryAfterMs: number | null;
};

/** A target that asks for more is not waited for: its action has failed, and a person decides when to try again. */
export const ASKED_MS_MAX = 24 * 60 * 60_000;

/**
 * Ms to wait before the next attempt, at least as long as the target asked for; null when this failure is final. Spread over half to one and
 * a half of the doubling time, so that those who failed together do not come back together ("full jitter" waits of almost nothing would
 * hit a busy target at once).
 * @param attempts the most that the plan allows
 * @param random from 0 to 1
 */
export function retryWait(classes: readonly RetryClass[], failure: Failure, attempts: number, random: number): number | null {
  const own = classes.find(({ reasons }) => reasons.includes(failure.reason));
  if (!own || failure.tried >= attempts) return null;
  const asked = failure.retryAfterMs ?? 0;
  if (asked > ASKED_MS_MAX) return null;
  const doubled = Math.min(own.firstMs * 2 ** (failure.tried - 1), own.maxMs);
  return Math.max(asked, doubled * (0.5 + random));
}
