/** What was decided of a chunk, in words: who, and after looking at what. Pure. */
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { DecisionTold } from '#lib/shapes/checkpoints.ts';

/** What comes before the time of a decision, and after it. */
export type DecidedWords = { did: string; after: string };

/** @param acting the categories that have an action */
export function decidedWords(
  { by, answers, counts, signing, ...decision }: DecisionTold,
  acting: readonly string[],
  noun: string,
): DecidedWords {
  const did = (what: string) => `${by} ${what}`;
  if (answers.execute) {
    const count = acting.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
    const what = signing === 'first' ? 'signed first for' : signing === 'second' ? 'signed second and approved' : 'approved';
    return { did: did(`${what} ${formatNoun(count, noun)}`), after: lookedWords(decision) };
  }
  if (answers.release) return { did: did('let the rest run'), after: '' };
  if (answers.close) return { did: did('closed it without executing'), after: '' };
  if (answers.sendBack) return { did: did(signing === 'refused' ? 'did not sign' : 'sent it back'), after: '' };
  return { did: did('let the next chunk go on'), after: '' };
}

function lookedWords({
  reviews,
  seenCount,
  override,
  via,
}: Pick<DecisionTold, 'reviews' | 'seenCount' | 'override' | 'via'>): string {
  const all = Object.values(reviews ?? {});
  const [looks, wrong] = [all.reduce((sum, one) => sum + one.looks, 0), all.reduce((sum, one) => sum + one.wrong, 0)];
  if (seenCount === 0 && override === null && looks > 0)
    return `under the batch’s bound, after looking at ${formatCount(looks)} over all of it (${formatCount(wrong)} wrong); nobody saw one of this chunk`;
  // Nothing is asked to be looked at, and nothing is counted: an undo.
  if (seenCount === 0 && override === null && reviews && all.length === 0) return 'on the receipts of what was done';
  const shown = via === 'api' ? `${formatCount(seenCount)} seen, as the caller says` : `${formatCount(seenCount)} on the screen`;
  return [
    looks > 0 ? `after looking at ${formatCount(looks)} (${formatCount(wrong)} wrong), with ${shown}` : `with ${shown}`,
    override ? `and said why not more: “${override}”` : '',
  ]
    .filter(Boolean)
    .join(', ');
}
