'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { queries, refusalOf } from '#components/api-client.ts';
import { FIND_KINDS, type FindKind, type Found } from '#lib/shapes/find.ts';

/** What was found of one kind so far, and how far it was looked. */
export type FoundSoFar = {
  kind: FindKind;
  title: string;
  items: Found[];
  what: string;
  looked: number;
  /** null where nobody knows how many there are */
  of: number | null;
  /** null: all was looked at, or it is being looked at */
  further: (() => void) | null;
  /** while it looks further, page after page, until there is something more */
  stop: (() => void) | null;
  looking: boolean;
  /** why it could not be looked, in words, and how to try again */
  failed: { message: string; again: () => void } | null;
};

/**
 * Each kind by itself, so that names are there while values are still looked through. An answer belongs to what it was asked for: what is asked anew ends the request of
 * before, and its answer is shown nowhere.
 */
export function useFound(kinds: readonly FindKind[], q: string | null, batch: string | null): FoundSoFar[] {
  const of = (kind: FindKind) => ({ kind, q, batch, wanted: kinds.includes(kind) });
  const all: Record<FindKind, FoundSoFar> = {
    batches: useKind(of('batches')),
    chunks: useKind(of('chunks')),
    datasets: useKind(of('datasets')),
    people: useKind(of('people')),
    receipts: useKind(of('receipts')),
    items: useKind(of('items')),
  };
  return q === null ? [] : FIND_KINDS.filter((kind) => kinds.includes(kind)).map((kind) => all[kind]);
}

type Asked = { kind: FindKind; q: string | null; batch: string | null; wanted: boolean };

function useKind({ kind, q, batch, wanted }: Asked): FoundSoFar {
  const { data, error, isFetching, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery(
    queries.find.all.infiniteOptions({
      input: (cursor: string | undefined) => ({
        ...{ q: q ?? '', kinds: kind },
        ...(batch === null ? {} : { batch }),
        ...(cursor === undefined ? {} : { cursor }),
      }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: ({ groups }) => groups[0]?.next ?? undefined,
      enabled: wanted && q !== null,
      // What was looked for a moment ago is there when one comes back to it; a search is not repeated behind one's back.
      ...{ staleTime: 30_000, gcTime: 60_000, retry: false, refetchOnWindowFocus: false, refetchOnReconnect: false },
    }),
  );
  // Who looks further wants what is there, not a page: it goes on until there is more than there was, or somebody stops it.
  const [sought, setSought] = useState<{ q: string | null; had: number } | null>(null);
  const have = (data?.pages ?? []).reduce((sum, { groups: [one] }) => sum + (one?.items.length ?? 0), 0);
  const goesOn = sought !== null && sought.q === q && have <= sought.had && hasNextPage && !error;
  useEffect(() => {
    if (goesOn && !isFetching) void fetchNextPage({ cancelRefetch: false });
  }, [goesOn, isFetching, fetchNextPage]);
  const groups = (data?.pages ?? []).flatMap(({ groups: found }) => found);
  return {
    kind,
    title: groups[0]?.title ?? capital(kind),
    items: groups.flatMap(({ items }) => items),
    what: groups[0]?.looked.what ?? kind,
    looked: groups.reduce((sum, { looked }) => sum + looked.count, 0),
    of: groups.at(-1)?.looked.of ?? null,
    further: hasNextPage && !isFetching && !goesOn ? () => setSought({ q, had: have }) : null,
    stop: goesOn ? () => setSought(null) : null,
    looking: isFetching || goesOn,
    failed:
      error && !isFetching ? { message: refusalOf(error).message, again: () => void (data ? fetchNextPage() : refetch()) } : null,
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
