'use client';

import { createContext, type ReactNode, type RefCallback, useCallback, useContext, useState } from 'react';

/** What the palette offers beside what it finds. */
export type PaletteCommand = { id: string; label: string; group: string; keywords?: string } & (
  | { href: string; download?: boolean }
  | { run: () => void }
);

const Areas = createContext<Set<HTMLElement> | null>(null);

/** Around whatever has a palette: the areas of the page whose buttons it offers. */
export function PaletteActions({ children }: { children: ReactNode }) {
  const [areas] = useState(() => new Set<HTMLElement>());
  return <Areas value={areas}>{children}</Areas>;
}

/**
 * Offers the buttons and links of an area in the palette: `<div ref={usePaletteActions()}>`. What is chosen there is pressed here, so that it has the same words,
 * asks the same question, and is there only while it may be pressed.
 */
export function usePaletteActions(): RefCallback<HTMLElement> {
  const areas = useContext(Areas);
  return useCallback(
    (area) => {
      if (!area || !areas) return;
      areas.add(area);
      return () => {
        areas.delete(area);
      };
    },
    [areas],
  );
}

/** The same, for what is drawn on the server. */
export function PaletteArea({ className, children }: { className: string; children: ReactNode }) {
  return (
    <div ref={usePaletteActions()} className={className}>
      {children}
    </div>
  );
}

type PageAction = { label: string; press: () => boolean };

/** Reads what can be pressed on the page now, in the page's order. `press` gives false when it is not what it was any more: nothing is pressed then. */
export function usePageActions(): () => PageAction[] {
  const areas = useContext(Areas);
  return useCallback(() => {
    const all = [...(areas ?? [])].flatMap((area) => [...area.querySelectorAll<HTMLElement>('button, a[href]')]);
    const actions = [...new Set(all)].filter(canBePressed).sort(byPlace);
    return actions.map((element) => {
      const label = labelOf(element);
      const press = () => {
        // The page goes on while the palette is open: a button may have become another.
        if (!canBePressed(element) || labelOf(element) !== label) return false;
        element.focus();
        element.click();
        return true;
      };
      return { label, press };
    });
  }, [areas]);
}

function canBePressed(element: HTMLElement): boolean {
  return (
    element.isConnected &&
    !element.matches(':disabled, [aria-disabled="true"]') &&
    element.checkVisibility() &&
    labelOf(element) !== ''
  );
}

/** As it is read to people. */
function labelOf(element: HTMLElement): string {
  const said = element.getAttribute('aria-label');
  if (said !== null) return said;
  const copy = element.cloneNode(true) as HTMLElement;
  for (const hidden of copy.querySelectorAll('[aria-hidden="true"]')) hidden.remove();
  return (copy.textContent ?? '').replace(/\s+/g, ' ').trim();
}

function byPlace(one: HTMLElement, other: HTMLElement): number {
  return one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
}
