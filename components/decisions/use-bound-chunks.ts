'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queries } from '#components/api-client.ts';
import type { DecisionPreview } from '#lib/shapes/decisions.ts';

/** What a decision is bound to, for each chunk. */
export type BoundChunk = { number: number; revision: number; digest: string };
/** As many as one request lists. */
const LISTED_AT_ONCE = 200;

/**
 * The digests of the chunks that the question shows, from the list of chunks: page by page, for the manifests of many are built for it. A chunk whose revision is not the
 * one that was counted is left out, and named in `changed`: what is signed is only ever what is on the screen.
 */
export function useBoundChunks(id: string, preview: DecisionPreview | undefined) {
  const [read, setRead] = useState(0);
  const chunks = preview?.chunks ?? [];
  const { data, error, refetch } = useQuery({
    queryKey: [
      ...queries.chunks.list.key({ input: { id } }),
      'bound',
      chunks.map(({ number, revision }) => `${number}.${revision}`),
    ],
    queryFn: async ({ signal }) => {
      const bound: BoundChunk[] = [];
      const known = new Map<number, BoundChunk>();
      for (let at = 0; at < chunks.length; ) {
        const from = chunks[at]?.number ?? 1;
        const page = await api.chunks.list({ id, cursor: String(from - 1), limit: runOf(chunks, at) }, { signal });
        for (const { number, revision, digest } of page.items)
          if (digest !== null) known.set(number, { number, revision, digest });
        const last = page.items.at(-1)?.number ?? from;
        do at += 1;
        while (at < chunks.length && (chunks[at]?.number ?? 0) <= last);
        setRead(at);
      }
      for (const { number, revision } of chunks) {
        const one = known.get(number);
        if (one?.revision === revision) bound.push(one);
      }
      const ready = new Set(bound.map(({ number }) => number));
      return { bound, changed: chunks.flatMap(({ number }) => (ready.has(number) ? [] : [number])) };
    },
    enabled: chunks.length > 0,
    retry: false,
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  return { bound: data ?? null, read, error, refetch };
}

/** How many follow each other by their numbers, for one page of the list has no others then. */
function runOf(chunks: DecisionPreview['chunks'], at: number): number {
  let length = 1;
  while (length < LISTED_AT_ONCE && chunks[at + length]?.number === (chunks[at]?.number ?? 0) + length) length += 1;
  return length;
}
