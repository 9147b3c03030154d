'use client';

import { hashKey, queryOptions, skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { api, queries, refusalOf } from '#components/api-client.ts';
import type { CheckpointView, OfChunk } from './checkpoint-view.ts';
import { collapsedMarks, type Given, type Marks, marksGiven, marksRefused, marksSaved, marksTold } from './marks.ts';

/** As many as one request may hold. */
const SENT_AT_ONCE_MAX = 1_000;

/** Never fetched: the page tells it, the answers of one's own marks, and what is heard of others. */
function marksOptions(of: OfChunk) {
  return queryOptions<Marks>({
    queryKey: [...queries.chunks.read.queryKey({ input: of }), 'marks'],
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function toldOf({ categories, evidence }: CheckpointView) {
  return { samples: categories.flatMap(({ sampleRandom, sampleUnsure }) => [...sampleRandom, ...sampleUnsure]), evidence };
}

/**
 * People's marks on the items of a chunk. One's own show at once and travel one request after the other, each with all that waits by then, behind the moves that
 * were made before them (`scope`): a mark of where an item was just moved to comes after the move. `saved` waits until all are answered.
 */
export function useMarks(of: OfChunk, view: CheckpointView, scope: string) {
  const client = useQueryClient();
  const queryKey = useMemo(() => marksOptions(of).queryKey, [of]);
  const known = useRef(view);
  useState(() => client.setQueryData(queryKey, marksTold(toldOf(view), client.getQueryData(queryKey))));
  const { data: marks = marksTold(toldOf(view)) } = useQuery(marksOptions(of));
  const change = useCallback(
    (made: (before: Marks) => Marks) => void client.setQueryData(queryKey, (before) => before && made(before)),
    [client, queryKey],
  );

  useEffect(() => {
    if (known.current === view) return;
    known.current = view;
    change((before) => marksTold(toldOf(view), before));
  }, [change, view]);

  const { mutate: save, mutateAsync: saved } = useMutation({
    mutationKey: queries.chunks.mark.mutationKey(),
    scope: { id: scope },
    mutationFn: async () => {
      const given = client.getQueryData(queryKey)?.waiting.slice(0, SENT_AT_ONCE_MAX) ?? [];
      // It went with the one before.
      if (given.length === 0) return;
      try {
        const answer = await api.chunks.mark({ params: of, body: collapsedMarks(given) });
        change((before) => marksSaved(before, given.length, answer));
      } catch (error) {
        change((before) => marksRefused(before, given.length, refusalOf(error)));
      }
    },
  });

  const mark = useCallback(
    (given: readonly Given[]) => {
      change((before) => marksGiven(before, given));
      save();
    },
    [change, save],
  );

  return { marks, mark, change, saved };
}

/** Moves and marks of one chunk travel in one queue. */
export function queueOf(of: OfChunk): string {
  return hashKey([...queries.chunks.read.queryKey({ input: of }), 'review']);
}
