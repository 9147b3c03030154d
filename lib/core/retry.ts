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

/**
 * A target that asks for more is not waited for: its action has failed, and a person decides when to try again.
 * @internal for its tests
 */
export const ASKED_MS_MAX = 24 * 60 * 60_000;

/**
 * Ms to wait before the next attempt, at least as long as the target asked for; null when this failure is final. Spread over half to one and
 * a half of the doubling time, so that those who failed together do not come back together ("full jitter" waits of almost nothing would
 * hit a busy target at once).
 * @param attempts the most that the plan allows
 * @param random from 0 to 1
 */
export function retryWait(classes: readonly RetryClass[], failure: Failure, attempts: number, random: number): number | null {
  const own = classOf(classes, failure.reason);
  if (!own || failure.tried >= attempts) return null;
  const asked = failure.retryAfterMs ?? 0;
  return asked > ASKED_MS_MAX ? null : Math.max(asked, doubled(own, failure.tried, random));
}

/** An answer that does not end the attempt: `repeats` is how often this owner has sent it beyond the first time. */
export type Unsettled = { reason: string; repeats: number; retryAfterMs: number | null };

/** How a repeat waits whose reason no class names. */
const OTHERWISE = { firstMs: 500, maxMs: 10_000 };
/** Nobody knows what became of the action meanwhile, and it keeps its slot: who asks for more is not waited for. */
const REPEAT_ASKED_MS_MAX = 60_000;

/**
 * Ms to wait before the *same* attempt is sent again under its key, spread and doubled as between attempts; null when it was repeated `most` times, or when
 * the target asks for too long a wait. Any reason will do: what may be repeated is for the target's kind to say.
 * @param random from 0 to 1
 */
export function repeatWait(classes: readonly RetryClass[], answer: Unsettled, most: number, random: number): number | null {
  const asked = answer.retryAfterMs ?? 0;
  if (answer.repeats >= most || asked > REPEAT_ASKED_MS_MAX) return null;
  return Math.max(asked, doubled(classOf(classes, answer.reason) ?? OTHERWISE, answer.repeats + 1, random));
}

function classOf(classes: readonly RetryClass[], reason: string): RetryClass | undefined {
  return classes.find(({ reasons }) => reasons.includes(reason));
}

function doubled({ firstMs, maxMs }: Pick<RetryClass, 'firstMs' | 'maxMs'>, times: number, random: number): number {
  return Math.min(firstMs * 2 ** (times - 1), maxMs) * (0.5 + random);
}
