'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type ListAsked, listAsked, listQuery } from './list-asked.ts';

/** How long an item is chosen before the address says so: a held key goes through hundreds of them. */
const CHOSEN_MS = 250;

/** `push`: Back comes back to what was before. `settle`: the address follows when nothing changed for a moment. */
type How = 'push' | 'replace' | 'settle';

/**
 * What the list is asked for. It is this page's own state, so that a key is answered at once; the address follows, and is followed: by Back, by a reload, and by
 * whoever opens a link.
 */
export function useAsked(): { asked: ListAsked; ask: (change: Partial<ListAsked>, how: How) => void } {
  const path = usePathname();
  const text = useSearchParams().toString();
  const [asked, setAsked] = useState(() => listAsked(new URLSearchParams(text)));
  const latest = useRef({ asked, path });
  latest.current.path = path;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const write = useCallback((how: 'push' | 'replace') => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const query = listQuery(latest.current.asked);
    const address = `${latest.current.path}${query ? `?${query}` : ''}`;
    if (address === `${window.location.pathname}${window.location.search}`) return;
    if (how === 'push') window.history.pushState(null, '', address);
    else window.history.replaceState(null, '', address);
  }, []);

  const ask = useCallback(
    (change: Partial<ListAsked>, how: How) => {
      // What is still to be said of the page before belongs to it, not to the one that comes.
      if (how === 'push' && timer.current !== undefined) write('replace');
      latest.current.asked = { ...latest.current.asked, ...change };
      setAsked(latest.current.asked);
      if (how !== 'settle') return write(how);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => write('replace'), CHOSEN_MS);
    },
    [write],
  );

  useEffect(() => {
    // The router tells of an address a moment after it was written; by then it may say something else.
    const here = new URLSearchParams(window.location.search);
    if (text !== here.toString()) return;
    const said = listAsked(here);
    const now = latest.current.asked;
    const same = listQuery({ ...said, item: now.item }) === listQuery(now);
    // Which item is chosen it does not say yet.
    if (same && (said.item === now.item || timer.current !== undefined)) return;
    clearTimeout(timer.current);
    timer.current = undefined;
    latest.current.asked = said;
    setAsked(said);
  }, [text]);

  useEffect(() => () => clearTimeout(timer.current), []);

  return { asked, ask };
}
