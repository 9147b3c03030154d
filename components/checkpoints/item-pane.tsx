'use client';

import { Search } from 'lucide-react';
import type { RefObject } from 'react';
import { Button } from '#components/ui/button.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import { ItemList, type ItemListProps } from './item-list.tsx';

type Props = Pick<
  ItemListProps,
  'category' | 'selected' | 'categoryOf' | 'markOf' | 'meanwhile' | 'becameOf' | 'observe' | 'onSelect'
> & {
  count: number;
  samples: Sample[];
  showAll: boolean;
  search: string;
  searchBox: RefObject<HTMLInputElement | null>;
  items: { pending: boolean; error: string | null; more: (() => void) | undefined; retry: () => void };
  /** an item of the list was pressed, or Enter on it */
  onOpen: () => void;
  onShowAll: (all: boolean) => void;
  onSearch: (text: string) => void;
};

/** The middle pane: the samples of a category, or all of its items with a search. */
export function ItemPane({
  category,
  count,
  samples,
  showAll,
  search,
  searchBox,
  items,
  selected,
  categoryOf,
  markOf,
  meanwhile,
  becameOf,
  observe,
  onSelect,
  onOpen,
  onShowAll,
  onSearch,
}: Props) {
  return (
    <section aria-label={`Items in ${category}`} className="flex min-h-0 min-w-0 flex-col">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-hairline px-2 py-1.5">
        <fieldset aria-label="Which items" className="flex gap-0.5">
          <Switch on={!showAll} onPress={() => onShowAll(false)}>
            Samples
          </Switch>
          <Switch on={showAll} onPress={() => onShowAll(true)}>
            All {formatCount(count)}
          </Switch>
        </fieldset>
        {showAll ? (
          <span className="relative min-w-32 flex-1">
            <Search
              size={13}
              aria-hidden="true"
              className="pointer-events-none absolute top-1/2 left-2 -translate-y-1/2 text-muted"
            />
            <input
              ref={searchBox}
              type="search"
              value={search}
              onChange={(event) => onSearch(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Escape') event.currentTarget.blur();
              }}
              placeholder="Search"
              aria-label={`Search in ${category}`}
              className="control pl-7"
            />
          </span>
        ) : (
          <span className="flex items-center gap-3 text-12 text-muted">
            <span className="inline-flex items-center gap-1">
              <Glyph name="●" className="size-2.5" /> random
            </span>
            <span className="inline-flex items-center gap-1">
              <Glyph name="○" className="size-2.5" /> unsure
            </span>
          </span>
        )}
      </div>
      {samples.length > 0 ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: the list inside is what is pressed; this hears that it was
        <div
          className="contents"
          onClick={(event) => {
            if (event.target instanceof Element && event.target.closest('[role="option"]')) onOpen();
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') onOpen();
          }}
        >
          <ItemList
            label={`Items in ${category}`}
            items={samples}
            selected={selected}
            categoryOf={categoryOf}
            markOf={markOf}
            meanwhile={meanwhile}
            becameOf={becameOf}
            category={category}
            observe={observe}
            onSelect={onSelect}
            onEnd={showAll ? items.more : undefined}
          />
        </div>
      ) : (
        <div className="p-4">
          {showAll && items.pending ? (
            <Skeleton rows={8} label="Loading items" />
          ) : (
            <div className="flex flex-col items-start gap-2 text-muted">
              <p>{search ? `Nothing in ${category} matches “${search}”.` : `Nothing is in ${category}.`}</p>
              {search ? (
                <Button size="small" onClick={() => onSearch('')}>
                  Show all {formatCount(count)}
                </Button>
              ) : null}
            </div>
          )}
        </div>
      )}
      {showAll && items.error ? (
        <p role="alert" className="flex items-center gap-3 border-t border-hairline px-3 py-2 text-red">
          {items.error}
          <Button size="small" onClick={items.retry}>
            Try again
          </Button>
        </p>
      ) : null}
    </section>
  );
}

function Switch({ on, onPress, children }: { on: boolean; onPress: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      aria-pressed={on}
      onClick={onPress}
      className={`row-item rounded-md px-2 whitespace-nowrap transition-colors ${on ? 'bg-sunken font-medium' : 'text-muted hover:text-text'}`}
    >
      {children}
    </button>
  );
}
