/** What is said of the rows that could not be read, wherever it stands: it is a loss, and told as one. Pure. */
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { RowCounts } from '#lib/core/batches/unreadable.ts';

/** "22 of 6,068 rows could not be read": of all that the file has. */
export function unreadableOf({ read, unreadable }: RowCounts): string {
  return `${formatCount(unreadable)} of ${formatNoun(read + unreadable, 'rows')} could not be read`;
}

/** "3 rows could not be read", where the whole is told beside it. */
export function unreadableAlone(unreadable: number): string {
  return `${formatNoun(unreadable, 'rows')} could not be read`;
}

/** What starting a batch without them asks, and its button. */
export function unreadableAsked(counts: RowCounts): { title: string; confirm: string } {
  return {
    title: `${unreadableOf(counts)}. Start without them?`,
    confirm: `Start without ${counts.unreadable === 1 ? 'the row' : `the ${formatNoun(counts.unreadable, 'rows')}`}`,
  };
}
