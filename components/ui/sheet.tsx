'use client';

import { type PointerEvent, type ReactNode, type Ref, useCallback, useEffect, useRef } from 'react';
import { classes } from './classes.ts';

type Props = {
  label: string;
  /** it lies over the list now; where there is room beside it that is never so */
  shown: boolean;
  onClose: () => void;
  /** the part itself */
  ref?: Ref<HTMLElement>;
  children: ReactNode;
};

/**
 * A part of a page that stands beside a list where there is room, and lies over it, at the thumb, where there is none. There it is modal: nothing behind it can be
 * reached. Escape, a press beside it, a pull downwards and its button close it, and what had the focus has it again; Back does where the address says what is shown.
 */
export function Sheet({ label, shown, onClose, ref, children }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const before = useRef<Element | null>(null);
  const from = useRef<number | null>(null);
  const latest = useRef(onClose);
  latest.current = onClose;
  const close = useCallback(() => latest.current(), []);
  useEffect(() => {
    if (!shown) return;
    before.current = document.activeElement;
    const release = isolate(button.current?.closest('[data-sheet]') ?? null);
    button.current?.focus();
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      close();
    };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
      release();
      if (before.current instanceof HTMLElement) before.current.focus();
    };
  }, [shown, close]);
  const onPull = (event: PointerEvent) => {
    if (from.current !== null && event.clientY - from.current > PULLED_PX) {
      from.current = null;
      close();
    }
  };
  return (
    <>
      {shown ? (
        <div aria-hidden="true" data-behind="" onClick={close} className="fixed inset-0 z-40 bg-overlay lg:hidden" />
      ) : null}
      <section
        ref={ref}
        data-sheet=""
        aria-label={label}
        {...(shown ? { role: 'dialog', 'aria-modal': true } : {})}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a pane that scrolls must be reachable by keyboard
        tabIndex={0}
        className={classes(
          'min-w-0 focus-visible:-outline-offset-2 lg:relative lg:overflow-y-auto',
          'max-lg:fixed max-lg:inset-x-0 max-lg:bottom-0 max-lg:z-50 max-lg:max-h-[88dvh] max-lg:overflow-y-auto max-lg:overscroll-contain',
          'max-lg:rounded-t-md max-lg:border-t max-lg:border-hairline max-lg:bg-background max-lg:shadow-float',
          !shown && 'max-lg:hidden',
        )}
      >
        <button
          ref={button}
          type="button"
          onClick={close}
          onPointerDown={(event) => {
            from.current = event.clientY;
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={onPull}
          onPointerUp={() => {
            from.current = null;
          }}
          className="sticky top-0 z-10 flex h-11 w-full touch-none items-center justify-center gap-3 bg-background text-12 text-muted lg:hidden"
        >
          <span aria-hidden="true" className="h-1 w-10 rounded-full bg-control" />
          Close
        </button>
        {children}
      </section>
    </>
  );
}

const PULLED_PX = 48;
/** What a press closes it with, and what is said aloud. */
const LEFT_ALONE = '[data-behind], [aria-live]';

/** Takes everything beside an element and beside what it lies in out of reach, as a modal dialog of the browser does. Gives what undoes that. */
function isolate(element: Element | null): () => void {
  const held: HTMLElement[] = [];
  for (let node = element; node && node !== document.body; node = node.parentElement)
    for (const beside of node.parentElement?.children ?? []) {
      if (beside === node || !(beside instanceof HTMLElement) || beside.inert || beside.matches(LEFT_ALONE)) continue;
      beside.inert = true;
      held.push(beside);
    }
  const { overflow } = document.body.style;
  document.body.style.overflow = 'hidden';
  return () => {
    document.body.style.overflow = overflow;
    for (const one of held) one.inert = false;
  };
}
