'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { TAPE_LINES, TAPE_TOLD } from '#lib/core/limits.ts';
import type { BatchProgress, BatchSnapshot } from '#lib/shapes/live.ts';

const REOPEN_MS = 2_000;

/**
 * The batch as it is now: server-sent events into the query cache. `lostAt` is when the live connection broke, null while it stands. The browser
 * comes back by itself with the last event's id; only a connection that was refused is opened anew here.
 */
export function useLiveBatch(initial: BatchSnapshot): { batch: BatchSnapshot; lostAt: number | null } {
  const key = ['batch', initial.id, 'live'] as const;
  const cache = useQueryClient();
  const [lostAt, setLostAt] = useState<number | null>(null);
  // The stream alone writes here: a refetch would only be older.
  const { data } = useQuery({
    queryKey: key,
    queryFn: () => initial,
    initialData: initial,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is made of the id alone
  useEffect(() => {
    let source: EventSource;
    let reopening: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source = new EventSource(`/api/v1/batches/${initial.id}/events`);
      source.addEventListener('open', () => setLostAt(null));
      source.addEventListener('snapshot', ({ data: text }) => cache.setQueryData(key, JSON.parse(text) as BatchSnapshot));
      source.addEventListener('progress', ({ data: text }) => {
        cache.setQueryData<BatchSnapshot>(key, (before) => before && merged(before, JSON.parse(text) as BatchProgress));
      });
      source.addEventListener('error', () => {
        setLostAt((since) => since ?? Date.now());
        if (source.readyState === EventSource.CLOSED) reopening = setTimeout(open, REOPEN_MS);
      });
    };
    open();
    return () => {
      clearTimeout(reopening);
      source.close();
    };
  }, [initial.id, cache]);

  return { batch: data, lostAt };
}

function merged(before: BatchSnapshot, progress: BatchProgress): BatchSnapshot {
  const changed = new Map(progress.chunks.map((chunk) => [chunk.number, chunk]));
  const chunks = before.chunks.map((chunk) => changed.get(chunk.number) ?? chunk);
  const lines = [...progress.tape, ...before.tape];
  const tape = [
    ...lines.filter(({ seq }) => seq === null).slice(0, TAPE_TOLD),
    ...lines.filter(({ seq }) => seq !== null).slice(0, TAPE_LINES),
  ];
  return { ...before, ...progress, chunks, tape };
}
