/**
 * The sum of a batch: every approved action is done, skipped, failed, uncertain, not executed, in flight or waiting. It is folded from the
 * receipts; the counters on the chunk are only compared with it.
 */
import {
  ACTION_TRANSITIONS,
  type ActionReceiptKind,
  type ActionState,
  CHUNK_TERMINAL,
  type ChunkState,
} from '#lib/core/lifecycle.ts';

/** How many actions: `approved` is the whole, the others are its parts that have receipts. */
export type ActionCounts = Record<'approved' | 'done' | 'skipped' | 'failed' | 'uncertain' | 'notExecuted' | 'inFlight', number>;

export type Sum = ActionCounts & {
  waiting: number;
  /** the counters say the same, no receipt is missing, and the parts make up the whole */
  addsUp: boolean;
  /** by how many they disagree, added up over all chunks; 0 when it adds up */
  difference: number;
};

/** How many actions of a chunk are in each state, by their receipts. Those without a receipt are not counted here. */
export type Folded = {
  states: Partial<Record<ActionState, number>> /** receipts folded, decisions included */;
  receipts: number;
};

/** `actions` actions went from the state of receipt `was` (null: planned) to that of receipt `is`. */
export type Move = { was: ActionReceiptKind | null; is: ActionReceiptKind; actions: number };

export const NOTHING_FOLDED: Folded = { states: {}, receipts: 0 };

/** Adds further receipts to a fold. Actions that did not move are left as they are. */
export function foldMoves(before: Folded, moves: readonly Move[], receipts: number): Folded {
  const states = { ...before.states };
  const count = (state: ActionState, by: number): void => {
    states[state] = (states[state] ?? 0) + by;
  };
  for (const { was, is, actions } of moves) {
    if (was !== null) count(ACTION_TRANSITIONS[was].to, -actions);
    count(ACTION_TRANSITIONS[is].to, actions);
  }
  return { states, receipts: before.receipts + receipts };
}

/** One chunk at one seq: its counters, how many a person left unsent after a halt, and what its receipts and its manifest say. */
export type ChunkSum = {
  state: ChunkState;
  seq: number;
  counters: ActionCounts;
  acceptedRest: number;
  approved: number;
  folded: Folded;
};

/** What the receipts of one chunk say, with the rest that has no receipt: given up once the chunk is settled or its rest accepted, else waiting. */
export function sumOfChunk({
  state,
  acceptedRest,
  approved,
  folded,
}: Pick<ChunkSum, 'state' | 'acceptedRest' | 'approved' | 'folded'>): ActionCounts & { waiting: number } {
  const { states } = folded;
  const of = (...names: ActionState[]): number => names.reduce((sum, name) => sum + (states[name] ?? 0), 0);
  const touched = Object.values(states).reduce((sum, count) => sum + count, 0);
  const rest = approved - touched;
  // A retry opens a chunk again, and an accepted rest stays accepted; an unresolved one waits for answers only.
  const settled = CHUNK_TERMINAL.includes(state) || acceptedRest > 0;
  const counts = {
    approved,
    done: of('succeeded'),
    skipped: of('skipped'),
    failed: of('failed'),
    uncertain: of('uncertain', 'abandoned'),
    notExecuted: of('not_executed') + (settled ? rest : 0),
    inFlight: of('intent'),
  };
  return { ...counts, waiting: waitingOf(counts) };
}

/** Approved actions that nothing is recorded of yet, and that may still be sent: what is neither done nor given up. The same in SQL is WAITING. */
export function waitingOf({ approved, done, skipped, failed, uncertain, notExecuted, inFlight }: ActionCounts): number {
  return approved - done - skipped - failed - uncertain - notExecuted - inFlight;
}

/** The sum over all chunks, and whether it adds up. */
export function sumOf(chunks: Iterable<ChunkSum>): Sum {
  const sum: Sum = {
    approved: 0,
    done: 0,
    skipped: 0,
    failed: 0,
    uncertain: 0,
    notExecuted: 0,
    inFlight: 0,
    waiting: 0,
    addsUp: true,
    difference: 0,
  };
  for (const chunk of chunks) {
    const folded = sumOfChunk(chunk);
    for (const part of COUNTED) {
      sum[part] += folded[part];
      sum.difference += Math.abs(folded[part] - chunk.counters[part]);
    }
    sum.waiting += folded.waiting;
    // More actions with receipts than were approved would show as fewer than none that wait; and seq has no gaps (I3).
    sum.difference += Math.max(0, -folded.waiting, -folded.notExecuted) + Math.abs(chunk.seq - chunk.folded.receipts);
  }
  sum.addsUp = sum.difference === 0;
  return sum;
}

const COUNTED = ['approved', 'done', 'skipped', 'failed', 'uncertain', 'notExecuted', 'inFlight'] as const;
