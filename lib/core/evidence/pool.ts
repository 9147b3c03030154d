/**
 * Which marks are looks. The items of a category in some chunks (those that were decided and the one in question, or that one alone) stand in the order of their
 * ranks, which one seed of the batch fixed beforehand (lib/core/checkpoints/sampling.ts). The looks are the longest first part of that order on which
 * every item has a mark; the rank at which it ends is common to all chunks. A mark beyond it is kept, and counts when that part reaches it: so what was
 * picked because it was doubtful, or easy, is no look before its turn.
 *
 * What a look found wrong stays a member of the population of the category that it was wrong in, wherever it was moved.
 */
import type { Looks } from './bound.ts';

/** The items that one category has in one chunk: how many they are, and the first of them in the order of their ranks. */
export type Drawn = { count: number; ordinals: ArrayLike<number>; ranks: ArrayLike<number> };

/** Of a category that a chunk has nothing of. */
export const NOTHING_DRAWN: Drawn = { count: 0, ordinals: [], ranks: [] };

export type Verdict = 'right' | 'wrong';

/**
 * The mark that was given last on an item in a category; `now` is the category that the item is in. Its rank is only asked for where that is another one: what
 * is there has been drawn.
 */
export type LastMark = { ordinal: number; category: string; verdict: Verdict | 'withdrawn'; now: string; rank: number | null };

/** The marks on one category that count: by the ordinals of its items, and the ranks of those that were found wrong in it and are in another now. */
export type CategoryMarks = { on: ReadonlyMap<number, Verdict>; movedOut: readonly number[] };

const NO_MARKS: CategoryMarks = { on: new Map(), movedOut: [] };

/** By category. That an item is right in a category is said only while it is there; that it was wrong stays, until somebody takes it back. */
export function marksByCategory(marks: readonly LastMark[]): Map<string, CategoryMarks> {
  type Collected = { on: Map<number, Verdict>; movedOut: number[] };
  const all = new Map<string, Collected>();
  for (const mark of marks) {
    if (!isCounted(mark)) continue;
    const { ordinal, category, verdict, now, rank } = mark;
    const of: Collected = all.get(category) ?? { on: new Map(), movedOut: [] };
    all.set(category, of);
    if (now === category) of.on.set(ordinal, verdict);
    else if (rank !== null) of.movedOut.push(rank);
  }
  return all;
}

/** Whether a mark says something of its item as it is now. */
export function isCounted<Mark extends LastMark>(mark: Mark): mark is Mark & { verdict: Verdict } {
  return mark.verdict === 'wrong' || (mark.verdict === 'right' && mark.now === mark.category);
}

export type Pooled = Looks & {
  /** The rank of the first item without a mark; infinite when every item has one. */
  open: number;
  /** Indices of what was not drawn far enough to know that: the looks may go on there. */
  short: number[];
};

/**
 * The looks at a category over these chunks. After a revision of the rules the count begins anew: `since` is the rank up to which every item of every category had
 * been looked at by then. These are known, and no part of what is asked about; the rest is in random order still.
 */
export function poolOf(drawn: readonly Drawn[], marks: CategoryMarks = NO_MARKS, since = Number.NEGATIVE_INFINITY): Pooled {
  const { on, movedOut } = marks;
  const opens = drawn.map((one) => openOf(one, on, since));
  const open = opens.reduce((least, one) => Math.min(least, one.rank), Number.POSITIVE_INFINITY);
  const short = opens.flatMap(({ isShort, rank, drawnTo }, index) =>
    isShort && rank === Number.POSITIVE_INFINITY && drawnTo < open ? [index] : [],
  );
  const known = opens.reduce((sum, one) => sum + one.known, 0);
  const outside = movedOut.filter((rank) => rank > since);
  const looks = outside.filter((rank) => rank < open).map((rank) => ({ rank, wrong: true }));
  for (const { ordinals, ranks } of drawn) {
    for (let at = 0; at < ordinals.length && (ranks[at] as number) < open; at += 1) {
      const rank = ranks[at] as number;
      if (rank > since) looks.push({ rank, wrong: on.get(ordinals[at] as number) === 'wrong' });
    }
  }
  looks.sort((a, b) => a.rank - b.rank);
  return {
    population: drawn.reduce((sum, { count }) => sum + count, 0) - known + outside.length,
    looks: looks.length,
    wrongAt: looks.flatMap(({ wrong }, index) => (wrong ? [index + 1] : [])),
    ...{ open, short },
  };
}

/** The rank of the first without a mark; how far it was drawn; and how many were known before the count began. */
function openOf({ count, ordinals, ranks }: Drawn, on: CategoryMarks['on'], since: number) {
  let [known, at] = [0, 0];
  while (at < ranks.length && (ranks[at] as number) <= since) at += 1;
  known = at;
  while (at < ordinals.length && on.has(ordinals[at] as number)) at += 1;
  const isShort = at === ordinals.length && ordinals.length < count;
  return {
    known,
    isShort,
    rank: ranks[at] ?? Number.POSITIVE_INFINITY,
    drawnTo: ranks[ranks.length - 1] ?? Number.NEGATIVE_INFINITY,
  };
}

export type Ranked = { ordinal: number; rank: number };

/** The first `most` items without a mark, in their order. */
export function unmarkedOf({ ordinals, ranks }: Drawn, on: CategoryMarks['on'], most: number): Ranked[] {
  const found: Ranked[] = [];
  for (let at = 0; at < ordinals.length && found.length < most; at += 1) {
    const ordinal = ordinals[at] as number;
    if (!on.has(ordinal)) found.push({ ordinal, rank: ranks[at] as number });
  }
  return found;
}

/** How many items without a mark have a rank below this one. */
export function unmarkedBelow(drawn: readonly Drawn[], on: CategoryMarks['on'], rank: number): number {
  let count = 0;
  for (const { ordinals, ranks } of drawn)
    for (let at = 0; at < ordinals.length && (ranks[at] as number) < rank; at += 1)
      if (!on.has(ordinals[at] as number)) count += 1;
  return count;
}
