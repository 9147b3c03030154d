import { formatCount } from '#components/ui/format.ts';

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
      : `No further action is waiting, and ${what === 'batch' ? 'no chunk will' : 'it will not'} be worked on.`;
  return `${out} ${rest} A stopped ${what} can't be resumed; its receipts stay.`;
}
