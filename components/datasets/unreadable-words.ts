/** What is said of the rows that could not be read, wherever it stands: it is a loss, and told as one. Pure. */
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { UNREADABLE_QUIET_ROWS, UNREADABLE_QUIET_SHARE } from '#lib/core/limits.ts';

type Counts = { itemCount: number; unreadableCount: number };

/** "22 of 6,068 rows could not be read": of all that the file has. */
export function unreadableOf({ itemCount, unreadableCount }: Counts): string {
  return `${formatCount(unreadableCount)} of ${formatNoun(itemCount + unreadableCount, 'rows')} could not be read`;
}

/** "3 rows could not be read", where the whole is told beside it. */
export function unreadableAlone(unreadableCount: number): string {
  return `${formatNoun(unreadableCount, 'rows')} could not be read`;
}

/** Whether a start asks about them: few of many are told, and no more. */
export function asksUnreadable({ itemCount, unreadableCount }: Counts): boolean {
  return unreadableCount > UNREADABLE_QUIET_ROWS || unreadableCount > (itemCount + unreadableCount) * UNREADABLE_QUIET_SHARE;
}

/** What starting a batch without them asks, and its button. */
export function unreadableAsked(counts: Counts): { title: string; confirm: string } {
  return {
    title: `${unreadableOf(counts)}. Start without them?`,
    confirm: `Start without ${counts.unreadableCount === 1 ? 'the row' : `the ${formatNoun(counts.unreadableCount, 'rows')}`}`,
  };
}
