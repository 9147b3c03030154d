'use client';

import { type KeyboardEvent, useRef, useState } from 'react';
import { chunkLook } from '#components/chunks/state.ts';
import { classes } from '#components/ui/classes.ts';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Link } from '#components/ui/link.tsx';
import { StateBadge, type StateLook, TONE_TEXT } from '#components/ui/state-badge.tsx';
import type { ChunkState } from '#lib/core/lifecycle.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';
import { gathered, keyed, NOTHING_SELECTED, ranged, selectedOf, toggled } from './chunk-selection.ts';
import { SelectionBar } from './selection-bar.tsx';

/** These stand still in the middle of the work, so they stand out. Reviews are the ordinary case: colour, glyph and word are enough. */
const STANDS_OUT: ReadonlySet<ChunkState> = new Set(['awaiting_release', 'halted', 'unresolved']);

type GridChunk = Pick<
  ChunkRow,
  'number' | 'name' | 'state' | 'stopping' | 'reviewed' | 'note' | 'itemCount' | 'counts' | 'waitsFor'
>;

/** Chunks that are selected and decided together. */
export type Selectable<Chunks> = {
  batchId: string;
  chunks: Chunks;
  noun: string;
  /** null for whoever may not decide, who selects nothing either */
  onDecide: ((chunks: readonly number[]) => void) | null;
};

/** Every chunk as glyph and name. Several are selected and decided together; the link of each leads to it alone. */
export function ChunkGrid({ batchId, chunks, noun, onDecide }: Selectable<GridChunk[]>) {
  const [selection, setSelection] = useState(NOTHING_SELECTED);
  const list = useRef<HTMLUListElement>(null);
  const order = chunks.map(({ number }) => number);
  const selected = selectedOf(selection, chunks);

  const onKey = (event: KeyboardEvent) => {
    // A checkbox has the space bar itself.
    if (event.key === ' ') return;
    const next = keyed(selection, order, event, 1);
    if (!next) return;
    event.preventDefault();
    setSelection(next);
    if (next.at !== selection.at) list.current?.querySelector<HTMLElement>(`[data-chunk="${next.at}"]`)?.focus();
  };

  return (
    <div className="flex flex-col gap-2">
      <ul ref={list} className="flex flex-wrap gap-1" aria-label="Chunks" {...(onDecide ? { onKeyDown: onKey } : {})}>
        {chunks.map((chunk) => {
          const look = chunkLook(chunk);
          const { number, name } = chunk;
          const picked = selection.picked.has(number);
          return (
            <li
              key={number}
              className={classes(
                'row-item inline-flex max-w-56 items-center rounded-md border transition-colors',
                picked ? 'bg-selected' : 'bg-surface',
                picked
                  ? 'border-accent'
                  : STANDS_OUT.has(chunk.state)
                    ? 'border-current'
                    : 'border-hairline hover:border-control',
                TONE_TEXT[look.tone],
              )}
            >
              {onDecide ? (
                <label className="flex h-full cursor-pointer items-center pl-2 pointer-coarse:px-3">
                  <span className="sr-only">Select {name}</span>
                  <input
                    type="checkbox"
                    tabIndex={-1}
                    checked={picked}
                    onChange={() => {}}
                    onClick={(event) =>
                      setSelection((now) => (event.shiftKey ? ranged(now, order, number) : toggled(now, number)))
                    }
                    className="size-3.5 accent-accent"
                  />
                </label>
              ) : null}
              <Link
                href={`/batches/${batchId}/chunks/${number}`}
                title={`${name}: ${look.word}, ${formatNoun(chunk.itemCount, noun)}`}
                data-chunk={number}
                onFocus={() => setSelection((now) => (now.at === number ? now : { ...now, at: number }))}
                className="inline-flex h-full min-w-0 items-center gap-1.5 rounded-md px-2 hover:bg-sunken"
              >
                <Glyph name={look.glyph} />
                <span className="truncate text-text">{name}</span>
                <span className="sr-only">, {look.word}</span>
              </Link>
            </li>
          );
        })}
      </ul>
      <Legend
        chunks={chunks.map((chunk) => ({ number: chunk.number, state: chunk.state, look: chunkLook(chunk) }))}
        onSelect={onDecide ? (numbers) => setSelection((now) => gathered(now, numbers)) : null}
      />
      {onDecide ? <SelectionBar {...{ selected, noun, onDecide }} onClear={() => setSelection(NOTHING_SELECTED)} /> : null}
    </div>
  );
}

/** Only the states that are there, with how many: the grid's key, its summary, and what selects all in one of them. */
export function Legend({
  chunks,
  onSelect,
  listedAt,
}: {
  chunks: { number: number; state: ChunkState; look: StateLook }[];
  onSelect: ((numbers: readonly number[]) => void) | null;
  /** where those of a state are listed, when there are too many for one list */
  listedAt?: (state: ChunkState) => string;
}) {
  const byWord = Map.groupBy(chunks, ({ look }) => look.word);
  return (
    <ul aria-label="States" className="flex flex-wrap gap-x-4 gap-y-1 text-12">
      {[...byWord].map(([word, [first, ...others]]) => {
        if (!first) return null;
        const told = (
          <>
            <StateBadge {...first.look} /> <span className="text-muted">{formatCount(others.length + 1)}</span>
          </>
        );
        return (
          <li key={word}>
            {onSelect ? (
              <button
                type="button"
                title={`Select all: ${word}`}
                onClick={() => onSelect([first, ...others].map(({ number }) => number))}
                className="inline-flex items-center gap-1 rounded-md hover:underline pointer-coarse:min-h-11"
              >
                {told}
              </button>
            ) : (
              <span className="inline-flex items-center gap-1">{told}</span>
            )}
            {listedAt ? (
              <Link href={listedAt(first.state)} className="ml-1.5 text-muted underline underline-offset-2 hover:text-text">
                list<span className="sr-only"> of {word}</span>
              </Link>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
