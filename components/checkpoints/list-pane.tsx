'use client';

import { ListFilter as FilterIcon, Search } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Input } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { CHUNK_SORT_ITEMS_MAX } from '#lib/core/limits.ts';
import type { ListColumns } from '#lib/shapes/chunk-items.ts';
import type { OfChunk } from './checkpoint-view.ts';
import { ColumnsMenu, type useColumns } from './columns-menu.tsx';
import { ItemList, type ItemListProps } from './item-list.tsx';
import { type ListAsked, NOT_FILTERED, NOT_SORTED, sortedNext } from './list-asked.ts';
import { FilterChips, ListFilter } from './list-filter.tsx';
import type { Selection } from './use-selection.ts';

type Props = Pick<ItemListProps, 'picked' | 'categoryOf' | 'markOf' | 'meanwhile' | 'becameOf' | 'observe' | 'onPick'> & {
  of: OfChunk;
  selection: Selection;
  count: number;
  fields: ListColumns['fields'];
  columns: ReturnType<typeof useColumns>;
  searchBox: RefObject<HTMLInputElement | null>;
  filtering: boolean;
  onFiltering: (open: boolean) => void;
  /** below the list, which scrolls */
  foot: ReactNode;
};

/** The middle pane: the samples of a category, or its items, searched, filtered and sorted. */
export function ListPane({ of, selection, count, fields, columns, searchBox, filtering, onFiltering, foot, ...list }: Props) {
  const { asked, category, search, read, filtered, items, current } = selection;
  const change = (next: Partial<ListAsked>) => selection.change(next);
  const sortable = filtered || count <= CHUNK_SORT_ITEMS_MAX;
  return (
    <section aria-label={`Items in ${category}`} className="flex min-h-0 min-w-0 flex-col">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b border-hairline px-2 py-1.5">
        <fieldset aria-label="Which items" className="flex gap-0.5">
          <Switch on={!read} onPress={() => change({ ...NOT_FILTERED, ...NOT_SORTED, all: false })}>
            Samples
          </Switch>
          <Switch on={read && !filtered} onPress={() => change({ ...NOT_FILTERED, all: true })}>
            All {formatCount(count)}
          </Switch>
        </fieldset>
        <span className="relative min-w-28 flex-1">
          <Search
            size={13}
            aria-hidden="true"
            className="pointer-events-none absolute top-1/2 left-2 -translate-y-1/2 text-muted"
          />
          <Input
            ref={searchBox}
            type="search"
            value={search}
            maxLength={200}
            onChange={(event) => selection.setSearch(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur();
            }}
            placeholder="Search"
            aria-label={`Search in ${category}`}
            className="pl-7"
          />
        </span>
        <Button
          size="small"
          kind="ghost"
          aria-label="Filter"
          aria-expanded={filtering}
          onClick={() => onFiltering(!filtering)}
          icon={<FilterIcon size={14} aria-hidden="true" />}
        />
        <ColumnsMenu fields={fields} columns={columns.columns} onChoose={columns.choose} />
      </div>
      {filtering ? <ListFilter of={of} asked={asked} category={category} fields={fields} onChange={change} /> : null}
      <FilterChips asked={asked} onChange={change} />
      {read ? null : (
        <p className="flex items-center gap-3 border-b border-hairline px-3 py-1 text-12 text-muted">
          <span className="inline-flex items-center gap-1">
            <Glyph name="●" className="size-2.5" /> random
          </span>
          <span className="inline-flex items-center gap-1">
            <Glyph name="○" className="size-2.5" /> unsure
          </span>
        </p>
      )}
      {selection.list.length > 0 ? (
        <ItemList
          {...list}
          label={`Items in ${category}`}
          items={selection.list}
          columns={columns.columns}
          sort={{
            by: asked.sort,
            descending: asked.descending,
            press: sortable ? (by) => change({ all: true, ...sortedNext(asked, by) }) : null,
          }}
          selected={current?.ordinal ?? null}
          category={category}
          onSelect={selection.select}
          onEnd={items.more}
        />
      ) : (
        <div className="flex-1 p-4">
          {read && items.pending ? (
            <Skeleton rows={8} label="Loading items" />
          ) : filtered ? (
            <p className="flex flex-wrap items-center gap-3 text-muted">
              Nothing in {category} matches{asked.search ? ` “${asked.search}”` : ''}.
              <Button size="small" onClick={() => change(NOT_FILTERED)}>
                Without search and filter
              </Button>
            </p>
          ) : items.error ? null : (
            <p className="text-muted">Nothing is in {category}.</p>
          )}
        </div>
      )}
      {read && items.error ? (
        <p role="alert" className="flex flex-wrap items-center gap-3 border-t border-hairline px-3 py-2 text-red">
          {items.error}
          <Button size="small" onClick={items.retry}>
            Try again
          </Button>
          {asked.sort === null ? null : (
            <Button size="small" onClick={() => change(NOT_SORTED)}>
              In the order of the file
            </Button>
          )}
        </p>
      ) : null}
      {columns.error ? (
        <p role="alert" className="border-t border-hairline px-3 py-2 text-12 text-red">
          {columns.error}
        </p>
      ) : null}
      {foot}
    </section>
  );
}

function Switch({ on, onPress, children }: { on: boolean; onPress: () => void; children: ReactNode }) {
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
