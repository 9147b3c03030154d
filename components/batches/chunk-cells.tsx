'use client';

import { useRouter } from 'next/navigation';
import { type KeyboardEvent, type MouseEvent, memo, useCallback, useMemo, useRef, useState } from 'react';
import { chunkLook } from '#components/chunks/state.ts';
import { classes } from '#components/ui/classes.ts';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { TONE_TEXT } from '#components/ui/state-badge.tsx';
import type { Grid } from '#lib/shapes/decisions.ts';
import { Legend, type Selectable } from './chunk-grid.tsx';
import { gathered, keyed, NOTHING_SELECTED, ranged, selectedOf, toggled } from './chunk-selection.ts';
import { SelectionBar } from './selection-bar.tsx';

type Chunk = Grid['chunks'][number];

/** A cell and what is between two. */
const CELL_PX = 18;

/**
 * Every chunk as a cell, for more chunks than have room for a name: a click selects, Enter or a double click opens. `chunks` is null while
 * they are read.
 */
export function ChunkCells({ batchId, chunks, noun, onDecide }: Selectable<Chunk[] | null>) {
  const router = useRouter();
  const [selection, setSelection] = useState(NOTHING_SELECTED);
  const grid = useRef<HTMLDivElement>(null);
  const order = useMemo(() => (chunks ?? []).map(({ number }) => number), [chunks]);
  const looks = useMemo(
    () => (chunks ?? []).map(({ number, state }) => ({ number, state, look: chunkLook({ state, waitsFor: null }) })),
    [chunks],
  );
  const open = useCallback((number: number) => router.push(`/batches/${batchId}/chunks/${number}`), [router, batchId]);
  const onPick = useCallback(
    (number: number, range: boolean) => setSelection((now) => (range ? ranged(now, order, number) : toggled(now, number))),
    [order],
  );
  if (chunks === null) return <Skeleton rows={3} label="Reading the chunks" />;

  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && selection.at !== null) return open(selection.at);
    const wide = Math.max(1, Math.floor((grid.current?.clientWidth ?? CELL_PX) / CELL_PX));
    const next = keyed(selection, order, event, wide);
    if (!next) return;
    event.preventDefault();
    setSelection(next);
    document.getElementById(`cell-${next.at}`)?.scrollIntoView({ block: 'nearest' });
  };
  const numberOf = (event: MouseEvent) => Number((event.target as Element).closest<HTMLElement>('[data-chunk]')?.dataset.chunk);
  const at = chunks.find(({ number }) => number === selection.at);

  return (
    <div className="flex flex-col gap-2">
      <div
        ref={grid}
        role="listbox"
        aria-label="Chunks"
        aria-multiselectable
        tabIndex={0}
        aria-activedescendant={selection.at === null ? undefined : `cell-${selection.at}`}
        onKeyDown={onKey}
        onClick={(event) => {
          const number = numberOf(event);
          if (number && onDecide) onPick(number, event.shiftKey);
          else if (number) open(number);
        }}
        onDoubleClick={(event) => {
          const number = numberOf(event);
          if (number) open(number);
        }}
        className="flex max-h-80 flex-wrap content-start gap-0.5 overflow-y-auto rounded-md border border-hairline p-1 select-none"
      >
        {chunks.map((chunk) => (
          <Cell
            key={chunk.number}
            {...chunk}
            noun={noun}
            picked={selection.picked.has(chunk.number)}
            here={chunk.number === selection.at}
          />
        ))}
      </div>
      <p role="status" className="min-h-5 text-12 text-muted">
        {at
          ? `${at.name}: ${chunkLook({ state: at.state, waitsFor: null }).word}, ${formatNoun(at.itemCount, noun)}. Enter opens it.`
          : `${formatCount(chunks.length)} chunks`}
      </p>
      <Legend
        chunks={looks}
        onSelect={onDecide ? (numbers) => setSelection((now) => gathered(now, numbers)) : null}
        listedAt={(state) => `/batches/${batchId}?tab=chunks&state=${state}`}
      />
      {onDecide ? (
        <SelectionBar
          {...{ noun, onDecide }}
          selected={selectedOf(selection, chunks)}
          onClear={() => setSelection((now) => ({ ...now, picked: new Set() }))}
        />
      ) : null}
    </div>
  );
}

/** Drawn again only where something of it changed: there are thousands. */
const Cell = memo(function Cell({
  number,
  name,
  state,
  itemCount,
  noun,
  picked,
  here,
}: Chunk & { noun: string; picked: boolean; here: boolean }) {
  const look = chunkLook({ state, waitsFor: null });
  const words = `${name}: ${look.word}, ${formatNoun(itemCount, noun)}`;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the listbox around it has the focus
    <span
      id={`cell-${number}`}
      role="option"
      aria-selected={picked}
      aria-label={words}
      title={words}
      data-chunk={number}
      className={classes(
        'flex size-4 cursor-pointer items-center justify-center rounded-sm',
        picked ? 'bg-selected outline outline-1 outline-accent' : 'hover:bg-sunken',
        here && 'outline outline-2 outline-accent',
        TONE_TEXT[look.tone],
      )}
    >
      <Glyph name={look.glyph} className="size-3" />
    </span>
  );
});
