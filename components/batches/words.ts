import { formatClock, formatCount, formatInstant } from '#components/ui/format.ts';
import type { Sum } from '#lib/core/receipts/sum.ts';

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
  if (!addsUp) return { says: 'differs', words: `Counts disagree by ${formatCount(difference)}. Sending stopped.`, more: null };
  if (receipts === of) return { says: 'right', words: 'adds up', more: null };
  const left = `${formatCount(of - receipts)} of ${formatCount(of)} receipts are still to be checked. Workers do that by themselves.`;
  if (at === null) return { says: 'unknown', words: 'not checked yet', more: left };
  return { says: 'right', words: `checked up to ${formatClock(at)}`, more: `Checked up to ${formatInstant(at)}. ${left}` };
}
