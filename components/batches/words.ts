import { formatClock, formatCount, formatInstant, formatNoun } from '#components/ui/format.ts';
import { INCIDENT_KINDS } from '#lib/core/fleet/incident-kinds.ts';
import { BATCH_UNFINISHED, type BatchState } from '#lib/core/lifecycle.ts';
import { amountWords, millionthsOf } from '#lib/core/models/cost.ts';
import type { Sum } from '#lib/core/receipts/sum.ts';
import type { BatchRow, BatchView } from '#lib/shapes/batches.ts';
import type { Spend } from '#lib/shapes/models.ts';

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
type Term = { count: number; word: string };

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

/** Items that are told by one number: those of a category, or those that are in none. */
export type ItemsPart = { kind: 'category' | 'other'; items: number } & BatchView['categories'][number];

type Counted = Pick<BatchView, 'state' | 'counts' | 'categories' | 'undoes'> & { rows: Pick<BatchView['rows'], 'read'> };

/**
 * What became of the rows that were read, as parts that make them up: the plan's categories in its order, then those that have items and are no longer of the plan; and
 * `others`, what is not classified and what is in no chunk. An undo has no file of its own: its whole are its items.
 */
export function itemsSum({ state, counts, categories, undoes, rows }: Counted): {
  whole: number;
  categories: ItemsPart[];
  others: ItemsPart[];
} {
  const items = new Map(counts.categories.map((category) => [category.name, category.items]));
  const planned = categories.map((category) => ({
    kind: 'category' as const,
    ...category,
    items: items.get(category.name) ?? 0,
  }));
  for (const { name } of categories) items.delete(name);
  const further = [...items].map(([name, count]) => ({ kind: 'category' as const, name, action: null, items: count }));
  const over = state !== 'proposed' && !BATCH_UNFINISHED.includes(state);
  const others = [
    { name: over ? 'not classified' : 'not classified yet', items: counts.of - counts.upTo },
    { name: 'left out of the batch', items: undoes ? 0 : rows.read - counts.of },
  ].flatMap((part) => (part.items > 0 ? [{ kind: 'other' as const, action: null, ...part }] : []));
  const parts = [...planned, ...further, ...others];
  return { whole: parts.reduce((sum, part) => sum + part.items, 0), categories: [...planned, ...further], others };
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

/** "0.42 of 5.00 USD spent": of what a batch may cost on a model. */
export function spendWords({ spent, atMost, currency }: Spend): string {
  return `${amountWords(millionthsOf(spent), currency).replace(` ${currency}`, '')} of ${amountWords(millionthsOf(atMost), currency)} spent`;
}
