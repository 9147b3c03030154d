'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

/** Below this there is no room for what stands beside a list: the width of `lg`. */
const NARROW = '(max-width: 1023.98px)';

export type SheetState = { shown: boolean; open: () => void; close: () => void };

/**
 * Whether the sheet lies over a narrow page. The page before it in the history is the one without it, so that Back closes it; what had the focus gets it back.
 * On a wide page `open` does nothing, for what the sheet holds is on the page.
 */
export function useSheet(): SheetState {
  const [shown, setShown] = useState(false);
  const before = useRef<HTMLElement | null>(null);
  useEffect(() => {
    if (!shown) return;
    const over = () => {
      setShown(false);
      before.current?.focus();
    };
    const wide = window.matchMedia(NARROW);
    const onWide = () => {
      if (!wide.matches) window.history.back();
    };
    window.addEventListener('popstate', over);
    wide.addEventListener('change', onWide);
    return () => {
      window.removeEventListener('popstate', over);
      wide.removeEventListener('change', onWide);
    };
  }, [shown]);
  const open = useCallback(() => {
    if (shown || !window.matchMedia(NARROW).matches) return;
    before.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    window.history.pushState(window.history.state, '');
    setShown(true);
  }, [shown]);
  const close = useCallback(() => {
    if (shown) window.history.back();
  }, [shown]);
  return { shown, open, close };
}
