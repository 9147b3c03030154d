'use client';

import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useRef, useTransition } from 'react';
import { coalesced } from '#components/live/coalesced.ts';
import { eventStream } from '#components/live/event-stream.ts';
import type { Changed, LiveTopic } from '#lib/shapes/live.ts';

/** What a part of a page shows: anything of these topics, or one batch. */
export type Shows = { topics: readonly LiveTopic[] } | { batch: string };

/** Does it after each hint that something of what is shown has changed, one at a time. A gap in the stream ends with such a hint. */
export function useChanged(shows: Shows, act: () => Promise<unknown>): void {
  const latest = useRef({ shows, act });
  latest.current = { shows, act };
  useEffect(() => {
    const reading = coalesced(() => latest.current.act());
    const leave = eventStream().follow(({ event, data }) => {
      if (event === 'changed' && concerns(JSON.parse(data) as Changed, latest.current.shows)) reading.ask();
    });
    return () => {
      leave();
      reading.end();
    };
  }, []);
}

/** Reads again what lies under this key whenever it has changed. */
export function useFollowed(shows: Shows, queryKey: QueryKey): void {
  const cache = useQueryClient();
  useChanged(shows, () => cache.invalidateQueries({ queryKey }));
}

/** Reads the page again from the server; what is typed and chosen on it stays. Resolves when it is on the screen. */
export function useRefresh(): () => Promise<void> {
  const router = useRouter();
  const [pending, start] = useTransition();
  const waiting = useRef<(() => void)[]>([]);
  useEffect(() => {
    if (!pending) for (const done of waiting.current.splice(0)) done();
  }, [pending]);
  return useCallback(
    () =>
      new Promise<void>((done) => {
        waiting.current.push(done);
        start(() => router.refresh());
      }),
    [router],
  );
}

function concerns({ topics, batches }: Changed, shows: Shows): boolean {
  if ('topics' in shows) return shows.topics.some((topic) => topics.includes(topic));
  return topics.includes('batches') && (batches === null || batches.includes(shows.batch));
}
