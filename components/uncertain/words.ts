/** Uncertain actions in words. Pure. */

import { formatCount, formatInstant, formatNoun, formatSpan } from '#components/ui/format.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { Answered, UncertainAnswer, UncertainGroup, UncertainItem } from '#lib/shapes/uncertain.ts';

export const CANNOT_ASK = 'The plan does not say how to look this up at the target.';

/** "24 from worker 4711 on host, lost at 2026-11-23 14:02 UTC". */
export function groupTitle(group: Omit<UncertainGroup, 'id' | 'reason' | 'canAsk'>): string {
  const { cause, worker, count, from, to } = group;
  const n = formatCount(count);
  if (worker !== null) return `${n} from worker ${worker}, lost at ${formatInstant(from)}`;
  return `${n} ${cause}, ${formatSpan(from, to)}`;
}

type Inspection = NonNullable<UncertainItem['inspection']>;

/** What the target said when it was last asked: "The target says that it happened." */
export function inspectedWords({ finding, reason }: Pick<Inspection, 'finding' | 'reason'>): string {
  if (finding === 'happened') return 'The target says that it happened.';
  if (finding === 'not_there') return 'The target does not have it. It may still be on its way.';
  return `The target could not say whether it happened${reason ? ` (${reasonWords(reason)})` : ''}.`;
}

/** What came of an answer, in one announcement. */
export function answeredWords(answer: UncertainAnswer, { answered, skipped, left, said }: Answered): string {
  const rest = [
    skipped.length > 0 ? `${formatCount(skipped.length)} had already been answered.` : '',
    left > 0 ? `${formatCount(left)} are left. Answer again.` : '',
  ];
  return [answer === 'ask' ? askedWords(said) : recorded(answer, answered), ...rest].filter(Boolean).join(' ');
}

function recorded(answer: Exclude<UncertainAnswer, 'ask'>, answered: number): string {
  if (answer === 'later') return 'Left open. Nothing was recorded.';
  if (answered === 0) return 'Nothing was recorded.';
  const what = { happened: 'it happened', did_not: 'it didn’t happen. Nothing was sent', abandon: 'nobody can know' }[answer];
  return `Recorded for ${formatNoun(answered, 'actions')}: ${what}.`;
}

function askedWords(said: Answered['said']): string {
  const [one, ...more] = said;
  if (!one) return 'The target was not asked.';
  if (said.every(({ finding }) => finding === 'cannot_ask')) return CANNOT_ASK;
  if (said.every(({ finding }) => finding === 'did_not'))
    return `The target says that ${more.length === 0 ? 'it did not happen' : 'none of them happened'}, and never will.`;
  if (more.length === 0 && one.finding !== 'cannot_ask' && one.finding !== 'did_not')
    return inspectedWords({ finding: one.finding, reason: one.reason });
  const count = (finding: string) => said.filter((each) => each.finding === finding).length;
  const parts = [
    [count('happened'), 'happened'],
    [count('did_not'), 'did not happen'],
    [count('not_there'), 'not there'],
    [count('unknown'), 'unclear'],
    [count('cannot_ask'), 'could not be asked'],
  ] as const;
  return `The target was asked: ${parts
    .filter(([n]) => n > 0)
    .map(([n, what]) => `${formatCount(n)} ${what}`)
    .join(', ')}.`;
}
