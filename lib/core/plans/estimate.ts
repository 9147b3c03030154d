/** How long a person will be at it. */
import { DECISIONS_COMFORTABLE_MAX, SAMPLES_PER_CATEGORY } from '#lib/core/limits.ts';

/** Reading the counts and deciding. */
const SECONDS_PER_DECISION = 20;
/** A glance at one sample. */
const SECONDS_PER_SAMPLE = 2;

export type Estimate = { decisions: number; minutes: number; why: string };

/** One decision a chunk; samples up to what a checkpoint shows. Minutes of a person's time, rounded up. */
export function estimate(chunkSizes: readonly number[]): Estimate {
  const seconds = chunkSizes.reduce(
    (sum, size) => sum + SECONDS_PER_DECISION + SECONDS_PER_SAMPLE * Math.min(size, SAMPLES_PER_CATEGORY),
    0,
  );
  return {
    decisions: chunkSizes.length,
    minutes: Math.ceil(seconds / 60),
    why: `${SECONDS_PER_DECISION} seconds to decide on a chunk, and ${SECONDS_PER_SAMPLE} for each of up to ${SAMPLES_PER_CATEGORY} samples.`,
  };
}

/**
 * Items a chunk that need no more decisions than one person takes comfortably: rounded up to tens, or to fives of the first
 * digits, as a person would have chosen it.
 */
export function comfortableSize(items: number): number {
  const exact = Math.ceil(items / DECISIONS_COMFORTABLE_MAX);
  const step = exact <= 100 ? 10 : 10 ** (String(exact).length - 1) / 2;
  return Math.ceil(exact / step) * step;
}
