import { Button } from '#components/ui/button.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { CHUNK_IN_REVIEW, type ChunkState } from '#lib/core/lifecycle.ts';
import { DECISION_ITEMS_MAX } from '#lib/core/limits.ts';

type Selected = { number: number; state: ChunkState; itemCount: number };

/** What is selected, and what can be done with it. What one decision can't cover is said before anybody asks for it. */
export function SelectionBar({
  selected,
  noun,
  onDecide,
  onClear,
}: {
  selected: readonly Selected[];
  noun: string;
  onDecide: (chunks: readonly number[]) => void;
  onClear: () => void;
}) {
  const waiting = selected.filter(({ state }) => CHUNK_IN_REVIEW.includes(state));
  const items = waiting.reduce((sum, { itemCount }) => sum + itemCount, 0);
  const tooMany = waiting.length > 1 && items > DECISION_ITEMS_MAX;
  return (
    // It has its place before anything is selected, so that nothing moves under the hand.
    <div role="status" className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2 pointer-coarse:min-h-11">
      {selected.length === 0 ? (
        <span className="text-12 text-muted max-sm:hidden pointer-coarse:hidden">
          Select with x or a click, a range with Shift, all with Ctrl-A.
        </span>
      ) : (
        <>
          <span>
            <span className="font-medium">{formatNoun(selected.length, 'chunks')} selected</span>
            {waiting.length < selected.length ? `, ${formatCount(waiting.length)} of them wait for an approval` : ''}
            {waiting.length > 0 ? `: ${formatNoun(items, noun)}` : ''}
          </span>
          {tooMany ? (
            <span className="text-red">
              One decision covers at most {formatNoun(DECISION_ITEMS_MAX, noun)}. Select fewer chunks.
            </span>
          ) : waiting.length > 0 ? (
            <Button kind="primary" onClick={() => onDecide(waiting.map(({ number }) => number))}>
              Approve the {formatNoun(waiting.length, 'chunks')}…
            </Button>
          ) : null}
          <Button kind="ghost" onClick={onClear}>
            Select none
          </Button>
        </>
      )}
    </div>
  );
}
