/** The categories as the left pane lists them, and which of those that act nobody has looked at. Pure. */
import type { CheckpointCategory } from '#lib/shapes/checkpoints.ts';
import type { CategoryLine } from './category-list.tsx';
import { movedTo, type Review, shownCounts } from './review.ts';

/** ordinal -> the category it was looked at in */
export type Seen = ReadonlyMap<number, string>;

/** Counts as the screen shows them, and what the random samples said so far: looked at, and wrong where they were drawn. */
export function categoryLines(
  categories: Pick<CheckpointCategory, 'name' | 'action'>[],
  review: Review,
  seen: Seen,
): CategoryLine[] {
  const counts = shownCounts(review);
  return categories.map(({ name, action }) => {
    const reviewed = [...review.samples.randomIn].filter(([ordinal, drawnIn]) => drawnIn === name && seen.has(ordinal));
    const wrong = reviewed.filter(([ordinal]) => categoryNow(review, ordinal) !== name);
    return { name, action, count: counts.get(name) ?? 0, reviewed: reviewed.length, wrong: wrong.length };
  });
}

/** The categories that what was looked at is in now. */
export function categoriesSeen(review: Review, seen: Seen): Set<string> {
  return new Set([...seen].map(([ordinal, lookedAtIn]) => categoryNow(review, ordinal) ?? lookedAtIn));
}

/** Of an item that need not be a sample. */
function categoryNow(review: Review, ordinal: number): string | undefined {
  return movedTo(review, ordinal) ?? review.samples.byOrdinal.get(ordinal)?.category;
}
