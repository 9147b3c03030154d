import { classes } from '#components/ui/classes.ts';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Kbd } from '#components/ui/kbd.tsx';
import type { ActionWords } from '#lib/shapes/actions.ts';
import type { CheckpointEvidence } from '#lib/shapes/evidence.ts';
import { EvidenceLines } from './evidence-line.tsx';
import { effectWord } from './words.ts';

export type CategoryLine = { name: string; count: number; action: ActionWords | null; reviewed: number; wrong: number };

/** The categories with their share, what would happen to each, and what the sample said so far. */
export function CategoryList({
  categories,
  total,
  selected,
  onSelect,
  evidence,
  decided,
}: {
  categories: CategoryLine[];
  total: number;
  selected: string;
  onSelect: (name: string) => void;
  /** null where none is kept: nothing is said then */
  evidence: CheckpointEvidence | null;
  /** nobody is asked to look any more */
  decided: boolean;
}) {
  return (
    <ul aria-label="Categories" className="flex flex-col gap-0.5 p-1">
      {categories.map((category, index) => (
        <li key={category.name}>
          <button
            type="button"
            aria-pressed={category.name === selected}
            onClick={() => onSelect(category.name)}
            className={classes(
              'flex w-full flex-col gap-1 rounded-md border px-2.5 py-2 text-left transition-colors focus-visible:-outline-offset-1',
              category.name === selected ? 'border-accent bg-selected' : 'border-transparent hover:bg-sunken',
            )}
          >
            <span className="flex items-baseline gap-2">
              {index < 9 && !decided ? <Kbd>{String(index + 1)}</Kbd> : decided ? null : <span className="w-5" />}
              <span className="min-w-0 flex-1 truncate text-14 font-medium">{category.name}</span>
              <span className="text-14">{formatCount(category.count)}</span>
            </span>
            <span className="block h-1 overflow-hidden rounded-full bg-sunken" aria-hidden="true">
              <span
                className={classes('block h-full rounded-full', category.action ? 'bg-accent' : 'bg-control')}
                style={{ width: `${total === 0 ? 0 : Math.max(category.count > 0 ? 1 : 0, (category.count / total) * 100)}%` }}
              />
            </span>
            <span className="text-12 text-muted">
              {category.action ? <ActionLine action={category.action} /> : 'no action'}
              {evidence ? <EvidenceLines evidence={evidence} category={category.name} /> : null}
              {decided ? null : <ShownLine category={category} />}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What was on the screen: that is no look, and proves nothing. */
function ShownLine({ category: { reviewed, wrong, action, count } }: { category: CategoryLine }) {
  if (reviewed > 0)
    return (
      <span className={classes('block', wrong > 0 && 'font-medium text-rust')}>
        {formatCount(reviewed)} random shown{wrong > 0 ? `, ${formatCount(wrong)} moved` : ''}
      </span>
    );
  return action && count > 0 ? <span className="block">no sample shown yet</span> : null;
}

function ActionLine({ action }: { action: ActionWords }) {
  return (
    <span>
      {action.will}{' '}
      <span
        className={classes(
          'inline-flex items-center gap-0.5 whitespace-nowrap',
          action.effect === 'permanent' && 'font-medium text-red',
        )}
      >
        {action.effect === 'undoable' ? <Glyph name="↩" className="size-2.5" /> : null}
        {effectWord(action)}
      </span>
    </span>
  );
}
