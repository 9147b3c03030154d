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

/** The mark that was given last on an item in a category; `now` is the category that the item is in. */
export type LastMark = {
  ordinal: number;
  category: string;
  verdict: Verdict | 'withdrawn';
  now: string;
  /** a classifier had left it unsure there: whoever moved it filed it */
  filed?: boolean;
};

/**
 * The marks on one category that count: by the ordinals of its items, and the ordinals of those that were found wrong in it and are in another now. `known`: its items
 * that had a mark before its rules were revised, and that are in the category which it spoke for, or a person gave. They are no part of what is asked about, and no looks.
 */
export type CategoryMarks = {
  on: ReadonlyMap<number, Verdict>;
  movedOut: readonly number[];
  known: ReadonlySet<number>;
  /** of `movedOut`: what had been left unsure. It did not belong there, and counts as any other */
  filed: ReadonlySet<number>;
};

const NO_MARKS: CategoryMarks = { on: new Map(), movedOut: [], known: new Set(), filed: new Set() };

/**
 * By category. That an item is right in a category is said only while it is there; that it was wrong stays, until somebody takes it back.
 * @param isKnown whether an item had its mark before the rules were revised: it is known, as long as the mark fits the category that it is in
 */
export function marksByCategory<Mark extends LastMark>(
  marks: readonly Mark[],
  isKnown: (mark: Mark) => boolean = () => false,
): Map<string, CategoryMarks> {
  const none = () => ({
    on: new Map<number, Verdict>(),
    movedOut: [] as number[],
    known: new Set<number>(),
    filed: new Set<number>(),
  });
  const all = new Map<string, ReturnType<typeof none>>();
  const of = (category: string) => {
    const found = all.get(category) ?? none();
    all.set(category, found);
    return found;
  };
  for (const mark of marks) {
    const { ordinal, category, now } = mark;
    if (!isCounted(mark)) continue;
    // What was right in a category that new rules took it out of says nothing of the one that it is in: it is asked about again.
    if (isKnown(mark)) of(now).known.add(ordinal);
    else if (now === category) of(category).on.set(ordinal, mark.verdict);
    else {
      of(category).movedOut.push(ordinal);
      if (mark.filed) of(category).filed.add(ordinal);
    }
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
  /** Of the wrong looks, those at what had been left unsure. */
  filed: number;
  /** Indices of what was not drawn far enough to know that: the looks may go on there. */
  short: number[];
};

/**
 * The looks at a category over these chunks. After a revision of the rules the count begins anew over the rest, which is drawn anew too: what had been looked at by then
 * leaves the population.
 * @param rankOf where an item stands in the order of the draw
 */
export function poolOf(
  drawn: readonly Drawn[],
  { on, movedOut, known, filed }: CategoryMarks = NO_MARKS,
  rankOf: (ordinal: number) => number = () => Number.POSITIVE_INFINITY,
): Pooled {
  const opens = drawn.map((one) => openOf(one, { on, known }));
  const open = opens.reduce((least, one) => Math.min(least, one.rank), Number.POSITIVE_INFINITY);
  const short = opens.flatMap(({ isShort, rank, drawnTo }, index) =>
    isShort && rank === Number.POSITIVE_INFINITY && drawnTo < open ? [index] : [],
  );
  const outside = movedOut.map(rankOf);
  const looks = outside.filter((rank) => rank < open).map((rank) => ({ rank, wrong: true }));
  for (const { ordinals, ranks } of drawn) {
    for (let at = 0; at < ordinals.length && (ranks[at] as number) < open; at += 1) {
      const [rank, ordinal] = [ranks[at] as number, ordinals[at] as number];
      if (!known.has(ordinal)) looks.push({ rank, wrong: on.get(ordinal) === 'wrong' });
    }
  }
  looks.sort((a, b) => a.rank - b.rank);
  return {
    population: drawn.reduce((sum, { count }) => sum + count, 0) - known.size + outside.length,
    looks: looks.length,
    wrongAt: looks.flatMap(({ wrong }, index) => (wrong ? [index + 1] : [])),
    filed: movedOut.filter((ordinal) => filed.has(ordinal) && rankOf(ordinal) < open).length,
    ...{ open, short },
  };
}

/** The rank of the first that nobody looked at, and how far it was drawn. */
function openOf({ count, ordinals, ranks }: Drawn, marks: Pick<CategoryMarks, 'on' | 'known'>) {
  let at = 0;
  while (at < ordinals.length && isLookedAt(marks, ordinals[at] as number)) at += 1;
  const isShort = at === ordinals.length && ordinals.length < count;
  return {
    isShort,
    rank: ranks[at] ?? Number.POSITIVE_INFINITY,
    drawnTo: ranks[ranks.length - 1] ?? Number.NEGATIVE_INFINITY,
  };
}

/** It has a mark, or had one before its rules were revised. */
function isLookedAt({ on, known }: Pick<CategoryMarks, 'on' | 'known'>, ordinal: number): boolean {
  return on.has(ordinal) || known.has(ordinal);
}

export type Ranked = { ordinal: number; rank: number };

/** The first `most` items that nobody looked at, in their order. */
export function unmarkedOf({ ordinals, ranks }: Drawn, marks: CategoryMarks = NO_MARKS, most: number): Ranked[] {
  const found: Ranked[] = [];
  for (let at = 0; at < ordinals.length && found.length < most; at += 1) {
    const ordinal = ordinals[at] as number;
    if (!isLookedAt(marks, ordinal)) found.push({ ordinal, rank: ranks[at] as number });
  }
  return found;
}

/** How many items that nobody looked at have a rank below this one. */
export function unmarkedBelow(drawn: readonly Drawn[], marks: CategoryMarks = NO_MARKS, rank: number): number {
  let count = 0;
  for (const { ordinals, ranks } of drawn)
    for (let at = 0; at < ordinals.length && (ranks[at] as number) < rank; at += 1)
      if (!isLookedAt(marks, ordinals[at] as number)) count += 1;
  return count;
}
