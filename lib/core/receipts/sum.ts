/**
 * The sum of a batch: every approved action is done, skipped, failed, uncertain, not executed, in flight or waiting. It is folded from the
 * receipts, and the counters on the chunk are compared with it. Where a look has no time for the newest receipts it shows the counters, and says up to
 * where they were compared.
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
  /** as far as it was checked: the counters say the same, no receipt is missing, and the parts make up the whole */
  addsUp: boolean;
  /** by how many they disagree, added up over all chunks; 0 when it adds up */
  difference: number;
  checked: Checked;
};

/** How far counters and receipts were compared. */
type Checked = {
  /** receipts that were folded, of as many as there are; all of them: the comparison is of this very moment */
  receipts: number;
  of: number;
  /** ISO 8601: everything up to then was compared. Null when this was done for this very moment, and where a part never was */
  at: string | null;
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

/** A fold that was kept, with the check that was made at its seq. */
export type KeptFold = Folded & {
  seq: number;
  /** the decision whose frozen rows `approved` counts */
  decisionId: string | null;
  approved: number;
  /** by how much the counters disagreed then */
  difference: number;
  /** when, ISO 8601 */
  checkedAt: string;
};

/** One chunk at one seq: its counters, how many a person left unsent after a halt, and what its receipts and its manifest say. */
export type ChunkSum = {
  state: ChunkState;
  seq: number;
  counters: ActionCounts;
  acceptedRest: number;
  /** null where its newest receipts were not folded: then there are only its counters, and what was kept */
  read: { approved: number; folded: Folded } | null;
  kept: KeptFold | null;
};

/**
 * What the receipts of one chunk say, with the rest that has no receipt: given up once the chunk is settled or its rest accepted, else waiting. Its
 * counters, where its receipts were not read.
 */
export function sumOfChunk({
  state,
  acceptedRest,
  counters,
  read,
}: Pick<ChunkSum, 'state' | 'acceptedRest' | 'counters' | 'read'>): ActionCounts & { waiting: number } {
  if (read === null) return { ...counters, waiting: waitingOf(counters) };
  const { approved, folded } = read;
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

/** By how much what the receipts of a chunk say differs from its counters; where they were not read, by how much it did when they last were. */
export function differenceOf(chunk: ChunkSum): number {
  if (chunk.read === null) return chunk.kept?.difference ?? 0;
  const folded = sumOfChunk(chunk);
  const parts = COUNTED.reduce((all, part) => all + Math.abs(folded[part] - chunk.counters[part]), 0);
  // More actions with receipts than were approved would show as fewer than none that wait; and seq has no gaps (I3).
  return parts + Math.max(0, -folded.waiting, -folded.notExecuted) + Math.abs(chunk.seq - chunk.read.folded.receipts);
}

/** The sum over all chunks, whether it adds up, and how far that was checked. */
export function sumOf(chunks: Iterable<ChunkSum>): Sum {
  const sum: Sum = { ...NOTHING_SUMMED, checked: { receipts: 0, of: 0, at: null } };
  /** of what was not read now: when it last was */
  let at: string | null | undefined;
  for (const chunk of chunks) {
    const parts = sumOfChunk(chunk);
    for (const part of COUNTED) sum[part] += parts[part];
    sum.waiting += parts.waiting;
    sum.difference += differenceOf(chunk);
    sum.checked.of += chunk.seq;
    sum.checked.receipts += chunk.read === null ? (chunk.kept?.seq ?? 0) : chunk.seq;
    if (chunk.read === null) at = earlier(at, chunk.kept?.checkedAt ?? null);
  }
  sum.checked.at = at ?? null;
  sum.addsUp = sum.difference === 0;
  return sum;
}

const NOTHING_SUMMED = {
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

/** The earlier of two times; null is never, which is before all others. */
function earlier(one: string | null | undefined, other: string | null): string | null {
  if (one === undefined) return other;
  if (one === null || other === null) return null;
  return one < other ? one : other;
}

const COUNTED = ['approved', 'done', 'skipped', 'failed', 'uncertain', 'notExecuted', 'inFlight'] as const;
