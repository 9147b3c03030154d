import { formatCount, formatNoun, formatShare } from '#components/ui/format.ts';
import { Progress } from '#components/ui/progress.tsx';
import type { Tone } from '#components/ui/state-badge.tsx';
import { progressOf } from '#lib/core/batches/progress.ts';
import type { BatchState } from '#lib/core/lifecycle.ts';
import type { BatchRow, BatchView } from '#lib/shapes/batches.ts';
import { barShare } from './words.ts';

/** Of a batch's items, those that have their outcome: "11,204 of 26,000 mails finished". */
export function BatchProgress({ batch }: { batch: Pick<BatchView, 'state' | 'itemsFinished' | 'itemCount' | 'noun'> }) {
  const { state, itemsFinished, itemCount, noun } = batch;
  return (
    <Progress
      label={`${formatCount(itemsFinished)} of ${formatNoun(itemCount, noun)} finished`}
      value={barShare(state, progressOf(state, itemsFinished, itemCount))}
      tone={toneOf(state)}
    />
  );
}

/** The same in a cell of a table. */
export function BatchShare({
  batch: { name, state, progress, itemsFinished, itemCount },
}: {
  batch: Pick<BatchRow, 'name' | 'state' | 'progress' | 'itemsFinished' | 'itemCount'>;
}) {
  return (
    <span className="flex w-40 max-w-full flex-col gap-1">
      <Progress
        label={`${name}, ${formatShare(progress)} of the items finished`}
        value={barShare(state, progress)}
        tone={toneOf(state)}
        hideLabel
      />
      <span className="text-12 text-muted">
        {formatCount(itemsFinished)} of {formatCount(itemCount)}
      </span>
    </span>
  );
}

/** Green is for what came to its end. */
function toneOf(state: BatchState): Tone {
  return state === 'finished' ? 'green' : state === 'cancelled' ? 'neutral' : 'accent';
}
