/** How what a model's server counts compares with what was thought of its calls. Pure. */

/** Tokens that a call reads: about so many, and at most so many. */
export type Size = { about: number; atMost: number };

/** Of the calls over a connection to one model that were counted, the latest the most: tokens that were thought and that were counted; and how often its most what was held for the most. */
export type Measure = { thought: number; counted: number; over: number };

/** Beyond that it is no tokenizer that differs. */
const RATIO_MAX = 8;

/** Tokens of the server for one that is thought of; 1 where it counted nothing yet. */
export function ratioOf(measure: Measure | null): number {
  if (!measure || measure.thought <= 0) return 1;
  return Math.min(RATIO_MAX, Math.max(1 / RATIO_MAX, measure.counted / measure.thought));
}

/** So many tokens a call reads at most. A server that once counted more than that is believed from then on. */
export function mostOf({ atMost }: Size, measure: Measure | null): number {
  return Math.ceil(atMost * Math.max(1, measure?.over ?? 1));
}
