'use client';

import { type ReactNode, useId, useState } from 'react';

/** Something that is there and not shown before it is asked for: a press says what it is and how much. On paper it is open. */
export function Fold({ words, open: initially = false, children }: { words: ReactNode; open?: boolean; children: ReactNode }) {
  const [open, setOpen] = useState(initially);
  const id = useId();
  return (
    <>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="row-item inline-flex w-fit max-w-full items-center gap-1 rounded-md text-left text-12 text-muted hover:text-text"
      >
        {words} <span aria-hidden="true">{open ? '▾' : '▸'}</span>
      </button>
      <div id={id} className={open ? 'min-w-0' : 'hidden min-w-0 print:block'}>
        {children}
      </div>
    </>
  );
}
