'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { eventStream, type Watch } from '#components/live/event-stream.ts';

/** What each kind of event makes of what was there. */
export type LiveEvents<T> = Record<string, (before: T, event: unknown) => T>;

/**
 * A batch or the board as it is now: the tab's events of it into the query cache.
 * @param events the same object at every call
 */
export function useLive<T>({ batch, board }: Watch, initial: T, events: LiveEvents<T>): T {
  const cache = useQueryClient();
  const key = batch ?? 'board';
  // The stream alone writes here: a refetch would only be older.
  const { data = initial } = useQuery({
    queryKey: ['live', key],
    queryFn: () => initial,
    initialData: initial,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

  useEffect(() => {
    const hear = ({ event, data: text }: { event: string; data: string }) => {
      const take = events[event];
      if (take) cache.setQueryData<T>(['live', key], (before) => before && take(before, JSON.parse(text)));
    };
    return eventStream().follow(hear, { ...(batch ? { batch } : {}), ...(board ? { board } : {}) });
  }, [key, batch, board, events, cache]);

  return data;
}
