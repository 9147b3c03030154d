import type { ReactNode } from 'react';
import { StoryHere } from '#components/items/story-link.tsx';
import { ItemView } from '#components/items/views/item-view.tsx';
import { reasonWords } from '#components/plans/reason-words.ts';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Kbd } from '#components/ui/kbd.tsx';
import type { ActionWords } from '#lib/shapes/actions.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import { effectWord } from './words.ts';

type Props = {
  sample: Sample | null;
  category: string;
  action: ActionWords | null;
  categories: string[];
  mayCorrect: boolean;
  /** of a decided chunk, what became of it; null before, when it is told what will */
  became: ReactNode | null;
  onCorrect: (category: string) => void;
  /** what its action sends */
  effect: ReactNode;
};

/** One item in full: its fields, its text, why it is where it is, and what would happen to it. */
export function ItemDetail({ sample, category, action, categories, mayCorrect, became, onCorrect, effect }: Props) {
  if (!sample) return <p className="p-4 text-muted">Choose an item to read it here.</p>;
  return (
    <article aria-label={`Item ${sample.ordinal}`} className="flex min-w-0 flex-col gap-4 p-4">
      <dl className="grid grid-cols-[minmax(4.5rem,auto)_1fr] gap-x-4 gap-y-1">
        <dt className="text-muted">Why</dt>
        <dd className="break-words">
          {reasonWords(sample.why) || 'no reason given'}{' '}
          <span className="text-muted">
            · {sample.by}, {sample.confidence.toFixed(2)}
          </span>
        </dd>
        <dt className="text-muted">{became === null ? 'Will' : 'Became'}</dt>
        <dd>
          {became !== null ? (
            became
          ) : action ? (
            <>
              {action.will}{' '}
              <span className={action.effect === 'permanent' ? 'font-medium text-red' : 'text-muted'}>
                {action.effect === 'undoable' ? <Glyph name="↩" className="inline size-3" /> : null} {effectWord(action)}
              </span>
            </>
          ) : (
            'stay as it is: no action'
          )}
        </dd>
      </dl>
      {mayCorrect ? (
        <fieldset aria-label="Category of this item" className="flex flex-wrap gap-1">
          {categories.map((name, index) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === category}
              onClick={() => onCorrect(name)}
              className={`row-item inline-flex items-center gap-1.5 rounded-md border px-2 transition-colors ${
                name === category
                  ? 'border-accent bg-selected font-medium'
                  : 'border-hairline hover:border-control hover:bg-sunken'
              }`}
            >
              {index < 9 ? <Kbd>{String(index + 1)}</Kbd> : null}
              {name}
            </button>
          ))}
        </fieldset>
      ) : null}
      {effect}
      <div className="flex min-w-0 flex-col gap-3 border-t border-hairline pt-3">
        <ItemView item={sample} />
        <p className="text-muted">
          Item {formatCount(sample.ordinal)} <StoryHere ordinal={sample.ordinal} />
        </p>
      </div>
    </article>
  );
}
