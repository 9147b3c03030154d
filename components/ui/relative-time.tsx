'use client';

import { useEffect, useState } from 'react';
import { formatDuration, formatInstant } from './format.ts';

const DAY_S = 86_400;

/** "12 s ago", kept current; what is older than a day is told by its date. Before the browser takes over it shows the instant itself, so both render the same text. */
export function RelativeTime({ iso }: { iso: string }) {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    setNow(Date.now());
    // A clock: it draws the words anew, and asks the server nothing.
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = now === null ? null : Math.max(0, (now - new Date(iso).getTime()) / 1000);
  return (
    <time dateTime={iso} title={formatInstant(iso)}>
      {seconds === null || seconds > DAY_S ? formatInstant(iso) : `${formatDuration(seconds)} ago`}
    </time>
  );
}
