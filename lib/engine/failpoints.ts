/**
 * The steps of the protocol, by name, so that `npm run soak` can strike at each of them. Nothing in the product arms them: only the soak's own
 * program does (test/soak/worker.ts), which no start of Countersign runs. Unarmed, a point costs one comparison.
 */

/** @internal for its tests */
export const FAILPOINTS = [
  // Taking a chunk.
  'claim.before',
  'claim.made',
  'renewal.before',
  'renewal.made',
  // Classifying.
  'answers.before',
  'answers.stored',
  'classifying.ending',
  'classifying.ended',
  // Executing: what was approved, and what an owner before this one left open.
  'manifest.before',
  'manifest.verified',
  'open.found',
  'open.doubting',
  'open.repeating',
  // Asking a target what became of an uncertain action.
  'inspection.before',
  'inspection.answered',
  'inspection.recorded',
  // Receipts.
  'intents.before',
  'intents.committed',
  'outcomes.before',
  'outcomes.committed',
  'acknowledgement.lost',
  'acknowledgement.decided',
  // A remote target.
  'send.before',
  'send.checked',
  'send.answered',
  // An effect that shares its outcome's transaction.
  'effect.before',
  'effect.made',
  'effect.recorded',
  // Ends.
  'halt.before',
  'halt.made',
  'lease.releasing',
  'chunk.ending',
  'chunk.ended',
  'batch.ending',
  'batch.ended',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

type Reached = (point: Failpoint, batchId: string | null) => Promise<void>;

let armed: Reached | undefined;

/** Awaited at each step. Resolves at once, and never rejects, unless the soak holds this process. */
export function reach(point: Failpoint, batchId: string | null = null): Promise<void> | undefined {
  return armed?.(point, batchId);
}

/**
 * From now on every step waits for `reached`; without one, for nothing. For the soak's program only, and tests.
 * @internal for its tests
 */
export function arm(reached: Reached | undefined): void {
  armed = reached;
}
