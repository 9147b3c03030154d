'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import type { Outcome } from '#components/ui/outcome.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { ItemPage, ItemQuery } from './checkpoint-view.ts';

const TYPING_MS = 200;

type Load = (query: ItemQuery) => Promise<Outcome<ItemPage>>;
type Loaded = { items: Sample[]; next: string | null; pending: boolean; error: string | null };
const EMPTY: Loaded = { items: [], next: null, pending: true, error: null };

/** All items of a category, page by page, and only while `enabled`. An answer to an older question is dropped. */
export function useItems(load: Load, category: string, search: string, enabled: boolean) {
  const [loaded, setLoaded] = useState<Loaded>(EMPTY);
  const question = useRef(0);
  const busy = useRef(false);
  const latest = useRef(load);
  latest.current = load;

  const read = useCallback(
    async (cursor: string | null) => {
      const asked = cursor === null ? ++question.current : question.current;
      busy.current = true;
      setLoaded((now) => (cursor === null ? { ...EMPTY, items: [] } : { ...now, pending: true, error: null }));
      const outcome = await latest
        .current({ category, search, cursor })
        .catch((): Outcome<ItemPage> => ({ ok: false, code: 'unanswered', message: 'The items did not load.' }));
      if (asked !== question.current) return;
      busy.current = false;
      setLoaded((now) =>
        outcome.ok
          ? {
              items: cursor === null ? outcome.value.items : [...now.items, ...outcome.value.items],
              next: outcome.value.next,
              pending: false,
              error: null,
            }
          : { ...now, pending: false, error: outcome.message },
      );
    },
    [category, search],
  );

  useEffect(() => {
    if (!enabled) return;
    const timer = setTimeout(() => void read(null), search === '' ? 0 : TYPING_MS);
    return () => {
      clearTimeout(timer);
      question.current += 1;
    };
  }, [enabled, read, search]);

  const more = useCallback(() => {
    if (!busy.current && loaded.next !== null && loaded.error === null) void read(loaded.next);
  }, [loaded.next, loaded.error, read]);

  const retry = useCallback(
    () => void read(loaded.items.length === 0 ? null : loaded.next),
    [read, loaded.items.length, loaded.next],
  );
  return { ...loaded, more, retry };
}
