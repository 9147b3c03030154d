/** How far a batch came, in items: derived here, and in SQL as FINISHED_ITEMS (lib/store/batches/batch-reads.sql.ts), which a test compares with this. */
import { type BatchState, CHUNK_IN_REVIEW, CHUNK_TERMINAL, type ChunkState } from '#lib/core/lifecycle.ts';
import type { ActionCounts } from '#lib/core/receipts/sum.ts';

export type ChunkProgress = {
  state: ChunkState;
  itemCount: number;
  /** a decision approved its actions */
  decided: boolean;
  counters: ActionCounts;
  /** of `counters.uncertain`, what a person accepted as never to be known */
  abandoned: number;
};

/**
 * Of a chunk's items, those that have their outcome: their action has one that is known or was accepted, a person decided that they need none, or their
 * chunk was closed. A chunk that was cancelled finished only what it did before.
 */
export function finishedItems({ state, itemCount, decided, counters, abandoned }: ChunkProgress): number {
  const known = counters.done + counters.skipped + counters.failed + abandoned;
  if (state === 'cancelled') return known;
  if (CHUNK_TERMINAL.includes(state)) return itemCount;
  if (!decided || CHUNK_IN_REVIEW.includes(state)) return 0;
  return itemCount - counters.approved + known + counters.notExecuted;
}

/** From 0 to 1. A batch that was cancelled did not come to its end, whatever its receipts say of each item: it is never 1. */
export function progressOf(state: BatchState, finished: number, items: number): number {
  if (items === 0) return 0;
  return (state === 'cancelled' ? Math.min(finished, items - 1) : finished) / items;
}
