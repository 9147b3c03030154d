'use client';

import { skipToken, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { queries, refusalOf } from '#components/api-client.ts';
import { useSettled } from '#components/ui/use-settled.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { OfChunk } from './checkpoint-view.ts';
import { itemPages } from './item-pages.ts';
import { categoryIn, type Review, samplesOf } from './review.ts';

const TYPING_MS = 200;
const NONE: Sample[] = [];

/** Which list is on the screen (a category's samples, or all of its items, searched) and which item of it is chosen. */
export function useSelection(of: OfChunk, review: Review, first: string) {
  const [category, setCategory] = useState(first);
  const [showAll, setShowAll] = useState(false);
  const [search, setSearch] = useState('');
  const [selected, setSelected] = useState<number | null>(null);
  const settled = useSettled(search, TYPING_MS);

  const { data, error, isFetching, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery({
    ...itemPages(of, { category, search: search === '' ? '' : settled }),
    enabled: showAll,
  });
  const read = data?.pages.flatMap(({ items }) => items);
  const more = hasNextPage && !isFetching && !error ? () => void fetchNextPage({ cancelRefetch: false }) : undefined;
  // A page of a search may be empty and still not be the last.
  const further = showAll && read?.length === 0 ? more : undefined;
  useEffect(() => further?.());

  const list = showAll ? (read ?? NONE) : samplesOf(review, category);
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

  return {
    ...{ category, showAll, search, list, current },
    items: {
      pending: isFetching || further !== undefined,
      error: error && refusalOf(error).message,
      more,
      retry: () => void (read ? fetchNextPage() : refetch()),
    },
    select: setSelected,
    /** An item that need not be on any list here. */
    jump(ordinal: number) {
      const known = review.samples.byOrdinal.get(ordinal);
      if (known) setCategory(categoryIn(review, known));
      setSelected(ordinal);
    },
    setShowAll,
    setSearch,
    choose(name: string) {
      setCategory(name);
      setSelected(null);
      setSearch('');
    },
    /** To the next item of the list, or the one before. */
    step(by: number) {
      const at = list.findIndex(({ ordinal }) => ordinal === current?.ordinal);
      const next = list[Math.min(list.length - 1, Math.max(0, at + by))];
      if (next) setSelected(next.ordinal);
    },
  };
}
