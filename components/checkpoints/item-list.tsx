'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef } from 'react';
import type { StateLook } from '#components/ui/state-badge.tsx';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import { ItemRow } from './item-row.tsx';
import { type ListColumn, leastWidth, trackOf } from './list-columns.ts';
import { ListHead } from './list-head.tsx';
import type { ShownMark } from './marks.ts';
import { useMedia } from './use-media.ts';

export type ItemListProps = {
  label: string;
  items: Sample[];
  columns: ListColumn[];
  sort: Parameters<typeof ListHead>[0]['sort'];
  selected: number | null;
  /** those that are moved together; null: nothing is moved here */
  picked: ReadonlySet<number> | null;
  categoryOf: (sample: Sample) => string;
  markOf: (sample: Sample) => ShownMark | null;
  /** what others moved since this screen was read */
  meanwhile: ReadonlyMap<number, { by: string; to: string }>;
  /** of a decided chunk; null before */
  becameOf: ((sample: Sample) => StateLook | null) | null;
  /** the category the list is about: an item elsewhere is shown as moved */
  category: string;
  observe: (ordinal: number) => (element: Element | null) => void | (() => void);
  onSelect: (ordinal: number) => void;
  onPick: (ordinal: number, how: 'toggle' | 'extend') => void;
  /** called near the end, when there is more to read */
  onEnd?: (() => void) | undefined;
};

const HEAD = 32;

/** The items of a category, any number of them; only the rows in view exist. */
export function ItemList({
  label,
  items,
  columns,
  sort,
  selected,
  picked,
  categoryOf,
  markOf,
  meanwhile,
  becameOf,
  category,
  observe,
  onSelect,
  onPick,
  onEnd,
}: ItemListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { height, folded } = useRowHeight();
  const head = folded ? 0 : HEAD;
  const stands = becameOf ? 'became' : 'marked';
  // Of the first rows: what is read on must not move the columns.
  const [first] = items;
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows that are read on follow the same first one
  const tracks = useMemo(() => trackOf(columns, items, stands), [columns, first, stands]);
  const template = folded ? null : tracks;
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => items[index]?.ordinal ?? index,
    overscan: 12,
    scrollMargin: head,
    scrollPaddingStart: head,
    // Before there is a scroller to measure, a screenful, so that the first page of a slow browser is not empty.
    initialRect: { width: 400, height: 640 },
  });
  const virtual = rows.getVirtualItems();
  const last = virtual.at(-1)?.index ?? -1;
  const at = items.findIndex(({ ordinal }) => ordinal === selected);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another row height means measuring again
  useEffect(() => rows.measure(), [height, rows]);

  useEffect(() => {
    if (onEnd && last >= items.length - 10) onEnd();
  }, [last, items.length, onEnd]);

  useEffect(() => {
    if (at >= 0) rows.scrollToIndex(at, { align: 'auto' });
  }, [at, rows]);

  const acts = useRef({ onSelect, onPick });
  acts.current = { onSelect, onPick };
  const onPress = useCallback((ordinal: number, how: 'open' | 'toggle' | 'extend') => {
    if (how === 'open') acts.current.onSelect(ordinal);
    else acts.current.onPick(ordinal, how);
  }, []);

  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const next = event.key === 'Home' ? items[0] : event.key === 'End' ? items.at(-1) : step === 0 ? undefined : items[at + step];
    if (!next) return;
    event.preventDefault();
    onSelect(next.ordinal);
  };

  return (
    <div ref={scroller} className="relative min-h-0 flex-1 overflow-auto max-lg:max-h-[60dvh]">
      <div style={folded ? undefined : { minWidth: leastWidth(columns, stands) }}>
        {template === null ? null : <ListHead columns={columns} template={template} sort={sort} />}
        <div
          role="listbox"
          aria-label={label}
          tabIndex={0}
          aria-activedescendant={selected === null ? undefined : `item-${selected}`}
          onKeyDown={onKey}
          className="relative focus-visible:-outline-offset-2"
          style={{ height: rows.getTotalSize() }}
        >
          {virtual.map((row) => {
            const sample = items[row.index];
            if (!sample) return null;
            const now = categoryOf(sample);
            return (
              <div
                key={sample.ordinal}
                role="presentation"
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${row.start - head}px)` }}
              >
                <ItemRow
                  id={`item-${sample.ordinal}`}
                  sample={sample}
                  columns={columns}
                  template={template}
                  moved={now === category ? null : now}
                  category={category}
                  mark={markOf(sample)}
                  meanwhile={meanwhile.get(sample.ordinal) ?? null}
                  became={becameOf?.(sample) ?? null}
                  selected={sample.ordinal === selected}
                  picked={picked?.has(sample.ordinal) ?? null}
                  onPress={onPress}
                  elementRef={observe(sample.ordinal)}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** 32 px, 44 px where the pointer is a finger, and two lines where there is no room for columns. */
function useRowHeight(): { height: number; folded: boolean } {
  const folded = useMedia('(max-width: 639px)');
  const coarse = useMedia('(pointer: coarse)');
  return { folded, height: folded ? 56 : coarse ? 44 : 32 };
}
