/** What waits for a person, in words. */
import { formatNoun } from '#components/ui/format.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { Need, NeedKind, NextNeed } from '#lib/shapes/live.ts';

/** What one chunk asks. */
export function needDetail(kind: NeedKind, need: Need): string {
  if (kind === 'halts') return `Stopped: ${need.haltReason ? reasonWords(need.haltReason) : 'nothing is being sent.'}`;
  if (kind === 'doubts') return `${formatNoun(need.uncertain, 'requests')} went out and no answer came`;
  if (kind === 'releases') return 'The first actions are done. Look at them, then release the rest.';
  return need.note ?? formatNoun(need.itemCount, need.noun);
}

/** Where it is answered. */
export function needAddress({ batchId, chunk, kind }: NextNeed): string {
  return kind === 'doubts' ? `/batches/${batchId}?tab=uncertain` : `/batches/${batchId}/chunks/${chunk}`;
}

/** "Bo has 3, Cleo has 1." Empty where nobody else has any. */
export function othersWords(others: readonly { name: string; count: number }[]): string {
  return others.map(({ name, count }) => `${name} has ${formatNoun(count, 'reviews')}`).join(', ');
}
