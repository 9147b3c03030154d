/** The states of a chunk as people read them, on the screen and in messages. */
import type { ChunkState } from '#lib/core/lifecycle.ts';

const WORDS: Readonly<Record<ChunkState, string>> = {
  proposed: 'not started',
  queued: 'queued',
  classifying: 'classifying',
  awaiting_review: 'awaiting review',
  awaiting_second: 'awaiting a second signature',
  approved: 'approved',
  executing: 'executing',
  awaiting_release: 'first done, waiting for release',
  paused: 'paused',
  unresolved: 'uncertain',
  halted: 'halted',
  done: 'done',
  closed: 'closed without executing',
  cancelled: 'cancelled',
};

/** "awaiting a second signature", for the middle of a sentence. */
export function chunkWords(state: ChunkState): string {
  return WORDS[state];
}
