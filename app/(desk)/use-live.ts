'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

const REOPEN_MS = 2_000;

/** What each kind of event makes of what was there. */
export type LiveEvents<T> = Record<string, (before: T, event: unknown) => T>;

/**
 * What is live at a path of the API: its server-sent events into the query cache. `lostAt` is when the connection broke, null while it stands. The browser
 * comes back by itself, with the last event's id if the events have one; only a connection that was refused is opened anew here.
 * @param events the same object at every call
 */
export function useLive<T>(path: string, initial: T, events: LiveEvents<T>): { data: T; lostAt: number | null } {
  const cache = useQueryClient();
  const [lostAt, setLostAt] = useState<number | null>(null);
  // The stream alone writes here: a refetch would only be older.
  const { data = initial } = useQuery({
    queryKey: ['live', path],
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
      source = new EventSource(path);
      source.addEventListener('open', () => setLostAt(null));
      for (const [kind, take] of Object.entries(events))
        source.addEventListener(kind, ({ data: text }: MessageEvent<string>) => {
          cache.setQueryData<T>(['live', path], (before) => before && take(before, JSON.parse(text)));
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
  }, [path, events, cache]);

  return { data, lostAt };
}
