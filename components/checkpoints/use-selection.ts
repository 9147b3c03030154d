'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { refusalOf } from '#components/api-client.ts';
import { useSettled } from '#components/ui/use-settled.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import type { OfChunk } from './checkpoint-view.ts';
import { itemPages } from './item-pages.ts';
import { type Review, samplesOf } from './review.ts';

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
  const current =
    list.find(({ ordinal }) => ordinal === selected) ??
    (selected === null ? undefined : review.samples.byOrdinal.get(selected)) ??
    list[0] ??
    null;

  return {
    ...{ category, showAll, search, list, current },
    items: {
      pending: isFetching || further !== undefined,
      error: error && refusalOf(error).message,
      more,
      retry: () => void (read ? fetchNextPage() : refetch()),
    },
    select: setSelected,
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
