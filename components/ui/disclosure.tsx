'use client';

import { type ReactNode, useId, useState } from 'react';
import { classes } from './classes.ts';

/** A section that says its gist in one line and opens for the rest. */
export function Disclosure({
  title,
  summary,
  beside,
  open: initially = false,
  children,
}: {
  title: ReactNode;
  summary?: ReactNode;
  /** the gist where it has buttons of its own */
  beside?: ReactNode;
  open?: boolean;
  children: ReactNode;
}) {
  const [open, setOpen] = useState(initially);
  const id = useId();
  return (
    <section className="border-t border-hairline first:border-t-0">
      <div className={beside ? 'flex items-center gap-x-2 max-sm:flex-wrap' : undefined}>
        <h2 className="m-0">
          <button
            type="button"
            aria-expanded={open}
            aria-controls={id}
            onClick={() => setOpen(!open)}
            className="row-item flex w-full items-center gap-2 rounded-md px-1 py-2 text-left hover:bg-surface"
          >
            <svg
              viewBox="0 0 12 12"
              className={classes('size-3 shrink-0 text-muted transition-transform', open && 'rotate-90')}
              aria-hidden="true"
            >
              <path
                d="M4.5 2.5 8 6l-3.5 3.5"
                fill="none"
                stroke="currentColor"
                strokeWidth="1.5"
                strokeLinecap="round"
                strokeLinejoin="round"
              />
            </svg>
            <span className="shrink-0 text-14 font-medium">{title}</span>
            {summary ? <span className="min-w-0 flex-1 text-muted">{summary}</span> : null}
          </button>
        </h2>
        {beside ? <div className="min-w-0 flex-1 text-muted">{beside}</div> : null}
      </div>
      <div id={id} hidden={!open} className="pt-1 pb-6 sm:pl-6">
        {children}
      </div>
    </section>
  );
}
