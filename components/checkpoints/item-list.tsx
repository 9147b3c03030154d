'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef, useSyncExternalStore } from 'react';
import type { StateLook } from '#components/ui/state-badge.tsx';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import { ItemRow } from './item-row.tsx';
import type { ShownMark } from './marks.ts';

export type ItemListProps = {
  label: string;
  items: Sample[];
  selected: number | null;
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
  /** called near the end, when there is more to read */
  onEnd?: (() => void) | undefined;
};

/** The items of a category, any number of them; only the rows in view exist. */
export function ItemList({
  label,
  items,
  selected,
  categoryOf,
  markOf,
  meanwhile,
  becameOf,
  category,
  observe,
  onSelect,
  onEnd,
}: ItemListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const height = useRowHeight();
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => items[index]?.ordinal ?? index,
    overscan: 12,
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

  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const next = event.key === 'Home' ? items[0] : event.key === 'End' ? items.at(-1) : step === 0 ? undefined : items[at + step];
    if (!next) return;
    event.preventDefault();
    onSelect(next.ordinal);
  };

  return (
    <div
      ref={scroller}
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={selected === null ? undefined : `item-${selected}`}
      onKeyDown={onKey}
      className="relative min-h-0 flex-1 overflow-y-auto p-1 focus-visible:-outline-offset-2 max-lg:max-h-[50dvh]"
    >
      <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {virtual.map((row) => {
          const sample = items[row.index];
          if (!sample) return null;
          const now = categoryOf(sample);
          return (
            <div
              key={sample.ordinal}
              role="presentation"
              style={{ position: 'absolute', top: 0, left: 0, right: 0, transform: `translateY(${row.start}px)` }}
            >
              <ItemRow
                id={`item-${sample.ordinal}`}
                sample={sample}
                moved={now === category ? null : now}
                category={category}
                mark={markOf(sample)}
                meanwhile={meanwhile.get(sample.ordinal) ?? null}
                became={becameOf?.(sample) ?? null}
                selected={sample.ordinal === selected}
                onSelect={() => onSelect(sample.ordinal)}
                elementRef={observe(sample.ordinal)}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

const COARSE = '(pointer: coarse)';

/** 32 px, and 44 px where the pointer is a finger. */
function useRowHeight(): number {
  const coarse = useSyncExternalStore(
    (changed) => {
      const query = matchMedia(COARSE);
      query.addEventListener('change', changed);
      return () => query.removeEventListener('change', changed);
    },
    () => matchMedia(COARSE).matches,
    () => false,
  );
  return coarse ? 44 : 32;
}
