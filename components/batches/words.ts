import { formatClock, formatCount, formatInstant, formatNoun } from '#components/ui/format.ts';
import { INCIDENT_KINDS } from '#lib/core/fleet/incident-kinds.ts';
import { BATCH_UNFINISHED, type BatchState } from '#lib/core/lifecycle.ts';
import type { Sum } from '#lib/core/receipts/sum.ts';
import type { BatchRow, BatchView } from '#lib/shapes/batches.ts';

export const BATCH_STATE_WORDS: Record<BatchState, string> = {
  proposed: 'Not started',
  running: 'Under way',
  paused: 'Paused',
  finished: 'Finished',
  cancelled: 'Cancelled',
};

/** What stopping means now: what is already out, and what will not start. */
export function stopWords(
  { inFlight, waiting }: { inFlight: number; waiting: number },
  what: 'batch' | 'chunk' = 'batch',
): string {
  const out =
    inFlight === 0
      ? 'No request is out.'
      : inFlight === 1
        ? '1 request is already out and will finish.'
        : `${formatCount(inFlight)} requests are already out and will finish.`;
  const rest =
    waiting > 0
      ? `${formatCount(waiting)} will not start.`
      : `No further action is waiting, and ${what === 'batch' ? 'no chunk' : 'the chunk'} will ${what === 'batch' ? '' : 'not '}be worked on.`;
  return `${out} ${rest} A stopped ${what} can't be resumed. Its receipts stay.`;
}

/** How much of a bar is drawn: full is only what came to its end, also where every item has its outcome and some are tried again. */
export function barShare(state: BatchState, progress: number): number {
  return state === 'finished' ? progress : Math.min(progress, 0.99);
}

/** A number of a sum, with its word. */
export type Term = { count: number; word: string };

/** What became of the approved actions, as terms that make them up: those that are 0 are left out. */
export function actionTerms(sum: Pick<Sum, Part>): (Term & { key: Part })[] {
  return (Object.keys(PARTS) as Part[]).flatMap((key) => (sum[key] === 0 ? [] : [{ key, count: sum[key], word: PARTS[key] }]));
}

/** In the order in which they are told. */
const PARTS = {
  done: 'done',
  skipped: 'skipped',
  failed: 'failed',
  uncertain: 'uncertain',
  notExecuted: 'not executed',
  inFlight: 'in flight',
  waiting: 'waiting',
};
type Part = keyof typeof PARTS;

type Counted = Pick<BatchView, 'state' | 'counts' | 'categories' | 'undoes'> & { rows: Pick<BatchView['rows'], 'read'> };

/**
 * What became of the rows that were read, as terms that make them up: with an action, with none, not classified yet, in no chunk. An undo has no file of its own: its
 * whole are its items.
 */
export function itemTerms({ state, counts, categories, undoes, rows }: Counted): { whole: Term; terms: Term[] } {
  const acting = new Set(categories.filter(({ action }) => action !== null).map(({ name }) => name));
  const withAction = counts.categories.reduce((sum, { name, items }) => sum + (acting.has(name) ? items : 0), 0);
  const over = state !== 'proposed' && !BATCH_UNFINISHED.includes(state);
  const terms = [
    { count: withAction, word: 'with an action' },
    { count: counts.upTo - withAction, word: 'with no action' },
    { count: counts.of - counts.upTo, word: over ? 'not classified' : 'not classified yet' },
    { count: undoes ? 0 : rows.read - counts.of, word: 'left out of the batch' },
  ].filter(({ count }) => count > 0);
  return { whole: { count: terms.reduce((sum, { count }) => sum + count, 0), word: undoes ? 'to undo' : 'read' }, terms };
}

export type CountedCategory = BatchView['categories'][number] & { items: number };

/** The plan's categories in its order, with how many items each has now; then those that have items and are no longer of the plan. */
export function countedCategories({ categories, counts }: Pick<BatchView, 'categories' | 'counts'>): CountedCategory[] {
  const items = new Map(counts.categories.map((category) => [category.name, category.items]));
  const planned = categories.map((category) => ({ ...category, items: items.get(category.name) ?? 0 }));
  for (const { name } of categories) items.delete(name);
  return [...planned, ...[...items].map(([name, count]) => ({ name, action: null, items: count }))];
}

/** "2 reviews, 1 release, 3 uncertain": what waits for a person, and is not told as a halt; null when nothing does. */
export function needsWords({
  reviews,
  releases,
  doubts,
}: Pick<BatchView['needs'], 'reviews' | 'releases' | 'doubts'>): string | null {
  const parts = [
    reviews > 0 ? formatNoun(reviews, 'reviews') : null,
    releases > 0 ? formatNoun(releases, 'releases') : null,
    doubts > 0 ? `${formatCount(doubts)} uncertain` : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}

/** "2 claimed by you, 1 by Bo": who said that they review what waits; null when nobody did. */
export function claimWords(claims: BatchRow['claims']): string | null {
  if (claims.length === 0) return null;
  const own = claims.toSorted((a, b) => Number(b.mine) - Number(a.mine));
  return own
    .map(({ name, mine, chunks }, index) => `${formatCount(chunks)} ${index === 0 ? 'claimed ' : ''}by ${mine ? 'you' : name}`)
    .join(', ');
}

/** Whether the sum adds up, as far as that was checked; `more` is what is left to be. */
export function verdictOf({
  addsUp,
  difference,
  checked: { receipts, of, at },
}: Pick<Sum, 'addsUp' | 'difference' | 'checked'>): {
  says: 'differs' | 'right' | 'unknown';
  words: string;
  more: string | null;
} {
  if (!addsUp) {
    const words = `Counts disagree by ${formatCount(difference)}. Sending stopped.`;
    return { says: 'differs', words, more: INCIDENT_KINDS.mismatch.advice };
  }
  if (receipts === of) return { says: 'right', words: 'adds up', more: null };
  const left = `${formatCount(of - receipts)} of ${formatCount(of)} receipts are still to be checked. Workers do that by themselves.`;
  if (at === null) return { says: 'unknown', words: 'not checked yet', more: left };
  return { says: 'right', words: `checked up to ${formatClock(at)}`, more: `Checked up to ${formatInstant(at)}. ${left}` };
}
