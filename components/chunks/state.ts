/** How every state looks: colour, glyph and word together. The states themselves are lib/core/lifecycle.ts. */

import { formatCount } from '#components/ui/format.ts';
import type { StateLook } from '#components/ui/state-badge.tsx';
import type { Mood, Says } from '#lib/core/batches/says.ts';
import type { Wait } from '#lib/core/chunks/waits-for.ts';
import {
  type ActionState,
  CHUNK_CLASSIFYING,
  CHUNK_OWNED,
  CHUNK_UNCLAIMED,
  type ChunkState,
  type DatasetState,
  type Stopping,
} from '#lib/core/lifecycle.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';

const CHUNK: Record<ChunkState, StateLook> = {
  proposed: { tone: 'neutral', glyph: '○', word: 'Proposed' },
  queued: { tone: 'neutral', glyph: '◌', word: 'Queued' },
  classifying: { tone: 'blue', glyph: '◔', word: 'Classifying' },
  awaiting_review: { tone: 'amber', glyph: '◆', word: 'Awaiting review' },
  awaiting_second: { tone: 'amber', glyph: '◇', word: 'Awaiting a second signature' },
  approved: { tone: 'accent', glyph: '✓', word: 'Approved' },
  executing: { tone: 'violet', glyph: '▶', word: 'Executing' },
  awaiting_release: { tone: 'amber', glyph: '◆', word: 'First done, waiting for release' },
  paused: { tone: 'neutral', glyph: '‖', word: 'Paused' },
  unresolved: { tone: 'magenta', glyph: '?', word: 'Unresolved' },
  halted: { tone: 'red', glyph: '!', word: 'Halted' },
  done: { tone: 'green', glyph: '✔', word: 'Done' },
  closed: { tone: 'neutral', glyph: '–', word: 'Closed without executing' },
  cancelled: { tone: 'neutral', glyph: '×', word: 'Cancelled' },
};

/** A batch's word is what it says of itself. */
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

type ChunkNow = Pick<ChunkRow, 'state'> &
  Partial<
    Pick<ChunkRow, 'stopping' | 'continued' | 'note' | 'waitsFor'> & {
      counts: Pick<ChunkRow['counts'], 'failed' | 'notExecuted'>;
    }
  >;

/** A chunk's look, with what its state alone does not say: it is stopping, was reviewed without executing, was sent back, or ended with failures or with some not executed. */
export function chunkLook(chunk: ChunkNow): StateLook {
  const { state, stopping } = chunk;
  if (stopping && CHUNK_OWNED.includes(state)) {
    return { tone: 'neutral', glyph: '‖', word: STOPPING_WORDS[stopping] };
  }
  if (isPaused(chunk)) return CHUNK.paused;
  if (chunk.waitsFor && state !== 'halted') {
    const look = WAITING[chunk.waitsFor.for];
    if (look) return look;
  }
  if (state === 'awaiting_review' && chunk.continued) return { ...CHUNK.awaiting_review, word: 'Reviewed, not executed' };
  if (CHUNK_CLASSIFYING.includes(state) && chunk.note) return { tone: 'rust', glyph: '↩', word: 'Sent back' };
  if (state === 'done' && chunk.counts) {
    const { failed, notExecuted } = chunk.counts;
    const left = notExecuted > 0 ? `${formatCount(notExecuted)} not executed` : null;
    if (failed > 0)
      return { tone: 'red', glyph: '✕', word: left ? `Done, ${formatCount(failed)} failed, ${left}` : 'Done, some failed' };
    if (left) return { ...CHUNK.done, word: `Done, ${left}` };
  }
  return CHUNK[state];
}

/** What a chunk waits for that its state does not say. Whoever has room tells the hour and the target too: waitWords. */
const WAITING: Partial<Record<Wait, StateLook>> = {
  target: { tone: 'red', glyph: '‖', word: 'Waiting for its target' },
  retry_after: { tone: 'neutral', glyph: '‖', word: 'Waiting as its target asked' },
  rate: { tone: 'neutral', glyph: '‖', word: 'Waiting for its rate' },
  predecessor: { tone: 'neutral', glyph: '◌', word: 'Waiting for the chunk before it' },
};

const STOPPING_WORDS: Record<Stopping, string> = { pause: 'Pausing', cancel: 'Stopping', accept_rest: 'Settling what is out' };

/** Whether it stands still until a person resumes it: it was stopped at work, or before anybody began. */
export function isPaused({ state, stopping }: Pick<ChunkNow, 'state' | 'stopping'>): boolean {
  return state === 'paused' || (stopping === 'pause' && CHUNK_UNCLAIMED.includes(state));
}

export function batchLook({ mood, words }: Says): StateLook {
  return { ...MOOD[mood], word: words };
}

export function datasetLook(state: DatasetState): StateLook {
  return DATASET[state];
}

export function actionLook(state: ActionState): StateLook {
  return ACTION[state];
}
