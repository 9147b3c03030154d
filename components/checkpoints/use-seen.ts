'use client';

import { useCallback, useEffect, useRef } from 'react';
import { SEEN_MS } from '#lib/core/limits.ts';

/**
 * Which samples were really on the screen: at least half of the row visible, in a visible tab, for SEEN_MS. Give `observe` the
 * row's element and ordinal as a ref; `onSeen` is told each ordinal once.
 */
export function useSeen(onSeen: (ordinals: number[]) => void) {
  const seen = useRef(new Set<number>());
  const timers = useRef(new Map<Element, ReturnType<typeof setTimeout>>());
  const ordinals = useRef(new WeakMap<Element, number>());
  const observer = useRef<IntersectionObserver | null>(null);
  const latest = useRef(onSeen);
  latest.current = onSeen;

  const watch = useCallback((): IntersectionObserver => {
    observer.current ??= new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          clearTimeout(timers.current.get(target));
          timers.current.delete(target);
          const ordinal = ordinals.current.get(target);
          if (!isIntersecting || ordinal === undefined || seen.current.has(ordinal)) continue;
          const arm = () => {
            timers.current.set(
              target,
              setTimeout(() => {
                // A hidden tab shows nothing to anybody: wait on.
                if (document.visibilityState !== 'visible') return arm();
                timers.current.delete(target);
                seen.current.add(ordinal);
                latest.current([ordinal]);
              }, SEEN_MS),
            );
          };
          arm();
        }
      },
      { threshold: 0.5 },
    );
    return observer.current;
  }, []);

  useEffect(
    () => () => {
      for (const timer of timers.current.values()) clearTimeout(timer);
      timers.current.clear();
      observer.current?.disconnect();
      observer.current = null;
    },
    [],
  );

  // One callback per ordinal, for a new one at every render would start the clock anew.
  const refs = useRef(new Map<number, ObserveRef>());
  return useCallback(
    (ordinal: number): ObserveRef => {
      const known = refs.current.get(ordinal);
      if (known) return known;
      const made: ObserveRef = (element) => {
        if (!element) return;
        ordinals.current.set(element, ordinal);
        const watcher = watch();
        watcher.observe(element);
        return () => {
          clearTimeout(timers.current.get(element));
          timers.current.delete(element);
          watcher.unobserve(element);
        };
      };
      refs.current.set(ordinal, made);
      return made;
    },
    [watch],
  );
}

type ObserveRef = (element: Element | null) => void | (() => void);
