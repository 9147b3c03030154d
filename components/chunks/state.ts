/** How every state looks: colour, glyph and word together. The states themselves are lib/core/lifecycle.ts. */

import { formatCount } from '#components/ui/format.ts';
import type { StateLook } from '#components/ui/state-badge.tsx';
import { type Mood, type Says, toReviewer } from '#lib/core/batches/says.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import type { Wait } from '#lib/core/chunks/waits-for.ts';
import {
  type ActionState,
  CHUNK_CLASSIFYING,
  CHUNK_OWNED,
  CHUNK_TERMINAL,
  CHUNK_UNCLAIMED,
  type ChunkState,
  type DatasetState,
  type Stopping,
} from '#lib/core/lifecycle.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';

const CHUNK: Record<ChunkState, Omit<StateLook, 'word'>> = {
  proposed: { tone: 'neutral', glyph: '○' },
  queued: { tone: 'neutral', glyph: '◌' },
  classifying: { tone: 'blue', glyph: '◔' },
  awaiting_review: { tone: 'amber', glyph: '◆' },
  awaiting_second: { tone: 'amber', glyph: '◇' },
  approved: { tone: 'accent', glyph: '✓' },
  executing: { tone: 'violet', glyph: '▶' },
  awaiting_release: { tone: 'amber', glyph: '◆' },
  paused: { tone: 'neutral', glyph: '‖' },
  unresolved: { tone: 'magenta', glyph: '?' },
  halted: { tone: 'red', glyph: '!' },
  done: { tone: 'green', glyph: '✔' },
  closed: { tone: 'neutral', glyph: '–' },
  cancelled: { tone: 'neutral', glyph: '×' },
};

/** A batch's words come from saysOf; its mood gives colour and glyph. */
const MOOD: Record<Mood, Omit<StateLook, 'word'>> = {
  proposed: { tone: 'neutral', glyph: '○' },
  running: { tone: 'violet', glyph: '▶' },
  asks: { tone: 'amber', glyph: '◆' },
  waits: { tone: 'neutral', glyph: '◌' },
  stands: { tone: 'red', glyph: '!' },
  paused: { tone: 'neutral', glyph: '‖' },
  finished: { tone: 'green', glyph: '✔' },
  cancelled: { tone: 'neutral', glyph: '×' },
};

const DATASET: Record<DatasetState, StateLook> = {
  receiving: { tone: 'blue', glyph: '◔', word: 'Receiving' },
  ready: { tone: 'green', glyph: '✔', word: 'Ready' },
  failed: { tone: 'red', glyph: '✕', word: 'Failed' },
};

const ACTION: Record<ActionState, StateLook> = {
  planned: { tone: 'neutral', glyph: '○', word: 'Waiting' },
  intent: { tone: 'violet', glyph: '▶', word: 'In flight' },
  succeeded: { tone: 'green', glyph: '✔', word: 'Done' },
  failed: { tone: 'red', glyph: '✕', word: 'Failed' },
  uncertain: { tone: 'magenta', glyph: '?', word: 'Uncertain' },
  skipped: { tone: 'neutral', glyph: '–', word: 'Skipped' },
  not_executed: { tone: 'neutral', glyph: '–', word: 'Not executed' },
  abandoned: { tone: 'magenta', glyph: '?', word: 'Uncertain, accepted as unknown' },
};

type ChunkNow = Pick<ChunkRow, 'state'> & {
  /** null only while a worker holds it, and when it needs nothing more */
  waitsFor: { for: Wait } | null;
} & Partial<
    Pick<ChunkRow, 'stopping' | 'reviewed' | 'note'> & {
      counts: Pick<ChunkRow['counts'], 'failed' | 'notExecuted'>;
    }
  >;

/**
 * A chunk's look, with what its state alone does not say: it waits, is being stopped, was reviewed without executing, was sent back, or ended with
 * failures or with some not executed. Only a chunk that a worker holds is classifying or executing.
 */
export function chunkLook(chunk: ChunkNow): StateLook {
  const { state, stopping, waitsFor } = chunk;
  if (stopping && CHUNK_OWNED.includes(state)) {
    return { tone: 'neutral', glyph: '‖', word: STOPPING_WORDS[stopping] };
  }
  if (isPaused(chunk) || waitsFor?.for === 'paused') return lookOf('paused');
  if (waitsFor && state !== 'halted' && !CHUNK_TERMINAL.includes(state)) {
    const look = WAITING[waitsFor.for];
    if (look) return look;
    if (waitsFor.for === 'person' && state === 'approved')
      return { ...CHUNK.awaiting_release, word: 'Approved, waiting for release' };
    if (waitsFor.for === 'agent') return { ...CHUNK.queued, word: 'Waiting for an agent' };
    if (waitsFor.for === 'worker' && CHUNK_OWNED.includes(state)) return { ...CHUNK.queued, word: 'Waiting for a worker' };
  }
  if (state === 'awaiting_review' && chunk.reviewed) return { ...CHUNK.awaiting_review, word: 'Reviewed, not executed' };
  if (CHUNK_CLASSIFYING.includes(state) && chunk.note) return { tone: 'rust', glyph: '↩', word: 'Sent back' };
  if (state === 'done' && chunk.counts) {
    const { failed, notExecuted } = chunk.counts;
    const left = notExecuted > 0 ? `${formatCount(notExecuted)} not executed` : null;
    if (failed > 0)
      return { tone: 'red', glyph: '✕', word: left ? `Done, ${formatCount(failed)} failed, ${left}` : 'Done, some failed' };
    if (left) return { ...CHUNK.done, word: `Done, ${left}` };
  }
  return lookOf(state);
}

/** A state alone: what a chunk is while nothing else is to be said of it. */
function lookOf(state: ChunkState): StateLook {
  const words = chunkWords(state);
  return { ...CHUNK[state], word: words.charAt(0).toUpperCase() + words.slice(1) };
}

/** What a chunk waits for that its state does not say. A place with more room tells the hour and the target too: waitWords. */
const WAITING: Partial<Record<Wait, StateLook>> = {
  target: { tone: 'red', glyph: '‖', word: 'Waiting for its target' },
  retry_after: { tone: 'neutral', glyph: '‖', word: 'Waiting as its target asked' },
  rate: { tone: 'neutral', glyph: '‖', word: 'Waiting for its rate limit' },
  predecessor: { tone: 'neutral', glyph: '◌', word: 'Blocked by an earlier chunk' },
  resource: { tone: 'neutral', glyph: '◌', word: 'Blocked by another batch' },
};

const STOPPING_WORDS: Record<Stopping, string> = { pause: 'Pausing', cancel: 'Stopping', accept_rest: 'Settling open requests' };

/** Whether it waits until a person resumes it: it was paused at work, or before a worker began. */
export function isPaused({ state, stopping }: { state: ChunkState; stopping?: Stopping | null | undefined }): boolean {
  return state === 'paused' || (stopping === 'pause' && CHUNK_UNCLAIMED.includes(state));
}

/** `decides`: the reader decides on chunks, so what waits for a person waits for the reader. */
export function batchLook({ mood, words }: Says, decides: boolean): StateLook {
  return { ...MOOD[mood], word: decides ? toReviewer(words) : words };
}

export function datasetLook(state: DatasetState): StateLook {
  return DATASET[state];
}

export function actionLook(state: ActionState): StateLook {
  return ACTION[state];
}
