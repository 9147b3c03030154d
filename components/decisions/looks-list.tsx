'use client';

import { type KeyboardEvent, useEffect, useRef } from 'react';
import { classes } from '#components/ui/classes.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Outside } from '#components/ui/outside.tsx';
import type { SampleOfBatch } from '#lib/shapes/decisions.ts';

/** What was said of an item here: right, or where it belongs. */
export type SaidHere = 'right' | { moved: string } | null;

/** Items of all categories and chunks, in the order of the draw. */
export function LooksList({
  items,
  selected,
  saidOf,
  onSelect,
}: {
  items: readonly SampleOfBatch[];
  selected: number | null;
  saidOf: (sample: SampleOfBatch) => SaidHere;
  onSelect: (ordinal: number) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector(`#look-${selected}`)?.scrollIntoView({ block: 'nearest' });
  }, [selected]);

  const onKey = (event: KeyboardEvent) => {
    const at = items.findIndex(({ ordinal }) => ordinal === selected);
    const next = STEPS[event.key]?.(at, items.length - 1);
    const item = next === undefined ? undefined : items[Math.min(items.length - 1, Math.max(0, next))];
    if (!item) return;
    event.preventDefault();
    onSelect(item.ordinal);
  };

  return (
    <div
      ref={list}
      role="listbox"
      aria-label="Random items of the batch"
      tabIndex={0}
      aria-activedescendant={selected === null ? undefined : `look-${selected}`}
      onKeyDown={onKey}
      className="relative min-h-0 flex-1 overflow-y-auto p-1 focus-visible:-outline-offset-2 max-lg:max-h-[40dvh]"
    >
      {items.map((sample) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox around it has the keys
        <div
          key={sample.ordinal}
          id={`look-${sample.ordinal}`}
          role="option"
          aria-selected={sample.ordinal === selected}
          tabIndex={-1}
          onClick={() => onSelect(sample.ordinal)}
          className={classes(
            'row-item flex h-8 cursor-pointer items-center gap-2 rounded-md px-2 pointer-coarse:h-11',
            sample.ordinal === selected ? 'bg-selected' : 'hover:bg-sunken',
          )}
        >
          <span className="w-20 shrink-0 truncate text-12 text-muted">{sample.category}</span>
          <span className="min-w-0 flex-1 truncate">
            <Outside text={sample.line} />
          </span>
          <Said said={saidOf(sample)} />
        </div>
      ))}
    </div>
  );
}

function Said({ said }: { said: SaidHere }) {
  if (said === null) return null;
  if (said === 'right')
    return (
      <span className="inline-flex shrink-0 items-center gap-1 text-12 text-green">
        <Glyph name="✓" /> right
      </span>
    );
  return <span className="shrink-0 text-12 font-medium text-rust">→ {said.moved}</span>;
}

const STEPS: Record<string, (at: number, last: number) => number> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  Home: () => 0,
  End: (_, last) => last,
};
