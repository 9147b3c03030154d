/** What the palette says of what it found, and of how far it looked. Pure. */
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { FoundSoFar } from './use-found.ts';

type Looked = Pick<FoundSoFar, 'items' | 'what' | 'looked' | 'of' | 'further' | 'looking' | 'failed'>;

/** “looked at 412,000 of 1,000,000 items”; “all 6,046 items” once that was all of them. */
export function lookedWords({ what, looked, of, further, looking }: Looked): string {
  if (looking && looked === 0) return 'looking…';
  if (!further && !looking)
    return looked === 1 ? `1 ${what === 'people' ? 'person' : formatNoun(1, what).slice(2)}` : `all ${formatNoun(looked, what)}`;
  return of === null || of <= looked
    ? `looked at ${formatNoun(looked, what)}`
    : `looked at ${formatCount(looked)} of ${formatNoun(of, what)}`;
}

/** All of it in a sentence, for whoever listens, and for whoever found nothing. */
export function summaryOf(groups: readonly Looked[]): string {
  if (groups.length === 0) return '';
  const found = groups.reduce((sum, { items }) => sum + items.length, 0);
  const looking = groups.some((one) => one.looking);
  const said = found > 0 ? `${formatCount(found)} found` : looking ? 'Looking…' : 'Nothing found';
  const told = groups.filter(({ failed, looked }) => !failed && looked > 0).map(lookedWords);
  return told.length === 0 ? `${said}.` : `${said}. Searched: ${told.join(', ')}.`;
}
