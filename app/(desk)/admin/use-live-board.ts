'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Board } from '#lib/shapes/board.ts';

const REOPEN_MS = 2_000;
const KEY = ['board', 'live'] as const;

/**
 * The board as it is now: server-sent events into the query cache. `lostAt` is when the live connection broke, null while it stands. The browser comes
 * back by itself; only a connection that was refused is opened anew here.
 */
export function useLiveBoard(initial: Board): { board: Board; lostAt: number | null } {
  const cache = useQueryClient();
  const [lostAt, setLostAt] = useState<number | null>(null);
  // The stream alone writes here: a refetch would only be older.
  const { data } = useQuery({
    queryKey: KEY,
    queryFn: () => initial,
    initialData: initial,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });

  useEffect(() => {
    let source: EventSource;
    let reopening: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source = new EventSource('/api/v1/board/events');
      source.addEventListener('open', () => setLostAt(null));
      source.addEventListener('board', ({ data: text }) => cache.setQueryData(KEY, JSON.parse(text) as Board));
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
  }, [cache]);

  return { board: data, lostAt };
}
