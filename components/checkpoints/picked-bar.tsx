import { X } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Menu } from '#components/ui/menu.tsx';
import type { Told } from './use-acts.ts';
import type { PickedItems } from './use-picked.ts';

type Props = {
  picked: PickedItems;
  category: string;
  categories: string[];
  noun: string;
  told: Told;
  moving: boolean;
  onMove: (to: string) => void;
  onForget: () => void;
};

/** What is selected, and where it can be moved; or what became of the last act over many. It stands below the list, which scrolls. */
export function PickedBar({ picked, category, categories, noun, told, moving, onMove, onForget }: Props) {
  const count = picked.whole?.count ?? picked.ordinals.size;
  if (count === 0 && !told) return null;
  return (
    <div className="flex flex-wrap items-center gap-2 border-t border-hairline bg-surface px-2 py-1.5">
      {count > 0 ? (
        <>
          <Menu
            align="start"
            trigger={
              <Button size="small" kind="primary" pending={moving}>
                Move {formatNoun(count, noun)} to…
              </Button>
            }
            items={categories.flatMap((name, index) =>
              name === category
                ? []
                : [{ id: name, label: index < 9 ? `${name} (${index + 1})` : name, onSelect: () => onMove(name) }],
            )}
          />
          {picked.offer ? (
            <Button size="small" onClick={picked.takeWhole}>
              Select all {formatCount(picked.offer.count)} that match
            </Button>
          ) : null}
          <Button size="small" kind="ghost" onClick={picked.clear} icon={<X size={12} aria-hidden="true" />}>
            None
          </Button>
          <p role="status" className="text-12 text-muted">
            {picked.whole
              ? `All ${formatCount(count)} that match now are selected. What comes later is left out.`
              : picked.counting
                ? `${formatCount(count)} selected. Counting all that match…`
                : `${formatCount(count)} selected`}
          </p>
          {picked.error ? (
            <p role="alert" className="text-12 text-red">
              {picked.error}
            </p>
          ) : null}
        </>
      ) : null}
      {told ? (
        <p
          role={told.refusal ? 'alert' : 'status'}
          className={`flex w-full items-center gap-2 text-12 ${told.refusal ? 'text-red' : 'text-muted'}`}
        >
          <span className="min-w-0 flex-1">{told.words}</span>
          <button
            type="button"
            aria-label="Dismiss"
            onClick={onForget}
            className="rounded-md p-1 hover:bg-sunken pointer-coarse:p-3"
          >
            <X size={12} aria-hidden="true" />
          </button>
        </p>
      ) : null}
    </div>
  );
}
