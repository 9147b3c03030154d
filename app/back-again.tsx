'use client';

import { useEffect, useRef } from 'react';
import { eventStream } from '#components/live/event-stream.ts';
import { connection, onConnection, useConnection } from '#components/ui/connection.ts';

/** What Next hands to whatever stands in place of a page that could not be shown; `retry` reads the page again. */
export type FaultProps = { error: Error & { digest?: string }; retry: () => void };

/**
 * Such a page is tried again by hand, and by itself as soon as the server is back. `lost` says whether it is away. It is reloaded by itself only when the
 * server answers: before, the browser would show its own error page, and never come back.
 */
export function useBackAgain({ error, retry }: FaultProps): { lost: boolean; again: () => void } {
  const { lostAt, answers } = useConnection();
  const again = useRef(retry);
  // A program that did not load is not asked for again without its page.
  again.current = error.name === 'ChunkLoadError' ? () => window.location.reload() : retry;
  useEffect(() => {
    console.error(error);
  }, [error]);
  useEffect(() => eventStream().follow(() => {}), []);
  useEffect(() => {
    let lost = connection().lostAt !== null;
    return onConnection(() => {
      const back = lost && connection().lostAt === null;
      lost = connection().lostAt !== null;
      if (back) again.current();
    });
  }, []);
  return { lost: lostAt !== null && !answers, again: () => again.current() };
}
