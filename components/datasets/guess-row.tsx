'use client';

import { type ReactNode, useId, useState } from 'react';
import { Glyph } from '#components/ui/glyph.tsx';
import { type Guess, isDoubtful } from '#lib/core/values/guess.ts';
import { guessLines, sureWords } from './reading-words.ts';
import { SourceLines } from './source-lines.tsx';

/** How sure a guess is, and, opened, the lines of the file for it and against it. */
export function HowSure({ datasetId, guess }: { datasetId: string; guess: Guess<unknown> }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const lines = guessLines(guess);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <p className={isDoubtful(guess) ? 'text-amber' : 'text-muted'}>
        {isDoubtful(guess) ? <Glyph name="!" className="mr-1 inline size-3" /> : null}
        {sureWords(guess)}
        {lines ? (
          <>
            {' · '}
            <button
              type="button"
              aria-expanded={open}
              aria-controls={id}
              onClick={() => setOpen(!open)}
              className="underline underline-offset-2 hover:text-text"
            >
              {lines}
            </button>
          </>
        ) : null}
      </p>
      <div id={id} hidden={!open}>
        {open ? (
          <div className="flex flex-col gap-2">
            {guess.for.length > 0 ? <SourceLines datasetId={datasetId} lines={guess.for} caption="For it" /> : null}
            {guess.against.length > 0 ? <SourceLines datasetId={datasetId} lines={guess.against} caption="Against it" /> : null}
          </div>
        ) : null}
      </div>
    </div>
  );
}

/** One guess of a layout: its name, the control that corrects it, and how sure it is. */
export function GuessRow({
  label,
  children,
  sure,
  changed,
}: {
  label: string;
  children: ReactNode;
  sure: ReactNode;
  changed: boolean;
}) {
  return (
    <div className="grid items-start gap-x-4 gap-y-1 border-b border-hairline py-2.5 last:border-b-0 sm:grid-cols-[minmax(9rem,12rem)_minmax(12rem,20rem)_minmax(0,1fr)]">
      <div className="pt-1.5 text-12 font-medium">
        {label}
        {changed ? <span className="ml-2 font-normal text-accent">changed</span> : null}
      </div>
      <div className="min-w-0">{children}</div>
      <div className="min-w-0 pt-1.5">{sure}</div>
    </div>
  );
}
