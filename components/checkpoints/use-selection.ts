'use client';

import { skipToken, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { queries, refusalOf } from '#components/api-client.ts';
import { useSettled } from '#components/ui/use-settled.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { OfChunk } from './checkpoint-view.ts';
import { itemPages } from './item-pages.ts';
import { isFiltered, isRead, itemsOf, type ListAsked, NOT_FILTERED } from './list-asked.ts';
import { categoryIn, type Review, samplesOf } from './review.ts';
import { useAsked } from './use-asked.ts';
import { useMedia } from './use-media.ts';

const TYPING_MS = 200;
const NONE: Sample[] = [];
/** As wide as two panes beside each other want it; below, an item opens over the list. */
const BESIDE = '(min-width: 1024px)';

/** Which list is on the screen (a category's samples, or its items as they are looked for) and which item of it is chosen. */
export function useSelection(of: OfChunk, review: Review, categories: readonly string[], first: string) {
  const { asked, ask } = useAsked();
  const category = asked.category !== null && categories.includes(asked.category) ? asked.category : first;
  const [search, setSearch] = useState(asked.search);
  const settled = useSettled(search, TYPING_MS);
  const typed = useRef(settled);
  const read = isRead(asked);
  const beside = useMedia(BESIDE);
  const selected = asked.item;

  // What is typed is asked for once it stands still; what the address asks for, because of Back, is shown as if it were typed.
  const asks = useRef({ asked, ask, beside });
  asks.current = { asked, ask, beside };
  useEffect(() => {
    if (settled === typed.current) return;
    typed.current = settled;
    const { asked: now, ask: say } = asks.current;
    if (settled !== now.search) say({ search: settled }, now.search === '' || settled === '' ? 'push' : 'replace');
  }, [settled]);
  useEffect(() => {
    typed.current = asked.search;
    setSearch(asked.search);
  }, [asked.search]);

  const pages = useInfiniteQuery({ ...itemPages(of, itemsOf(asked, category)), enabled: read });
  const { data, error, isFetching, hasNextPage, fetchNextPage, refetch } = pages;
  const found = useMemo(() => data?.pages.flatMap(({ items }) => items), [data]);
  const goOn = useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage]);
  const more = read && hasNextPage && !isFetching && !error ? goOn : undefined;
  // A page of a search may be empty and still not be the last.
  const further = found?.length === 0 ? more : undefined;
  useEffect(() => further?.());

  const { samples: known } = review;
  const samples = useMemo(() => samplesOf({ samples: known }, category), [known, category]);
  const list = read ? (found ?? NONE) : samples;
  const ordinals = useMemo(() => list.map(({ ordinal }) => ordinal), [list]);
  const near =
    selected === null ? undefined : (list.find(({ ordinal }) => ordinal === selected) ?? review.samples.byOrdinal.get(selected));
  const { data: far } = useQuery({
    // The page of one item that begins behind the one before it.
    ...queries.chunks.items.queryOptions({
      input: selected === null || near ? skipToken : { ...of, cursor: String(selected - 1), limit: 1 },
    }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const fetched = far?.items.find(({ ordinal }) => ordinal === selected);
  const current = near ?? fetched ?? list[0] ?? null;

  const select = useCallback((ordinal: number | null) => {
    // Where it opens over the list, Back closes it again.
    const opens = asks.current.asked.item === null && ordinal !== null && !asks.current.beside;
    asks.current.ask({ item: ordinal }, opens ? 'push' : 'settle');
  }, []);

  return {
    ...{ asked, category, search, list, ordinals, current },
    /** an item was chosen; where there is little room it then lies over the list */
    opened: selected !== null,
    /** and does so now */
    over: selected !== null && !beside,
    read,
    filtered: isFiltered(asked),
    items: {
      pending: isFetching || further !== undefined,
      error: error && refusalOf(error).message,
      more,
      /** all that match are on the list */
      whole: read && found !== undefined && !hasNextPage && !isFetching && !error,
      retry: () => void (found ? fetchNextPage() : refetch()),
    },
    select,
    /** An item that need not be on any list here. `to`: the category that it is just being moved to. */
    jump(ordinal: number, to?: string) {
      const known = review.samples.byOrdinal.get(ordinal);
      const elsewhere = ordinals.includes(ordinal) ? category : (to ?? (known ? categoryIn(review, known) : category));
      if (elsewhere !== category) ask({ ...NOT_FILTERED, category: elsewhere, item: ordinal }, 'push');
      else select(ordinal);
    },
    /** Another list: Back comes back to this one. */
    change: (next: Partial<ListAsked>) => ask({ ...next, item: null }, 'push'),
    setSearch,
    choose: (name: string) => ask({ ...NOT_FILTERED, category: name, item: null }, 'push'),
    /** To the next item of the list, or the one before; gives where that is. */
    step(by: number): number | null {
      const at = current ? ordinals.indexOf(current.ordinal) : -1;
      const next = ordinals[Math.min(ordinals.length - 1, Math.max(0, at + by))];
      if (next !== undefined) select(next);
      return next ?? null;
    },
  };
}

export type Selection = ReturnType<typeof useSelection>;
