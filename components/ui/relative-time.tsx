'use client';

import { Fragment, useEffect, useState, useSyncExternalStore } from 'react';
import { formatClock, formatDay, formatDuration, formatInstant } from './format.ts';

const DAY_S = 86_400;

/** "12 s ago", kept current; what is older than a day is told by its date. */
export function RelativeTime({ iso }: { iso: string }) {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    setNow(Date.now());
    // A clock: it draws the words anew, and asks the server nothing.
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = now === null ? null : Math.max(0, (now - new Date(iso).getTime()) / 1000);
  if (seconds === null || seconds > DAY_S) return <Instant iso={iso} />;
  return (
    <time dateTime={iso} title={formatInstant(iso)}>
      {formatDuration(seconds)} ago
    </time>
  );
}

/** An instant in the person's own time zone, with UTC on hover; `clock`: only the time of day, with seconds. Text that is no date stays as it is. */
export function Instant({ iso, clock = false }: { iso: string; clock?: boolean }) {
  const zone = useTimeZone();
  return (
    <time dateTime={iso} title={formatInstant(iso)}>
      {clock ? formatClock(iso, zone) : formatInstant(iso, zone)}
    </time>
  );
}

/** "on Tuesday": the day of an instant in the person's own time zone, with the time in UTC on hover. */
export function Day({ iso }: { iso: string }) {
  const zone = useTimeZone();
  const [now, setNow] = useState<string | null>(null);
  useEffect(() => setNow(new Date().toISOString()), []);
  return (
    <time dateTime={iso} title={formatInstant(iso)}>
      {now === null ? `on ${formatInstant(iso).slice(0, 10)}` : formatDay(iso, now, zone)}
    </time>
  );
}

/** A sentence whose times are in UTC, as formatInstant writes them ("until 15:02 UTC"): each is drawn in the person's own time zone. */
export function Zoned({ text }: { text: string }) {
  const zone = useTimeZone();
  if (zone === null || !text.includes('UTC')) return <>{text}</>;
  let day = new Date().toISOString().slice(0, 10);
  let end = 0;
  const parts = [...text.matchAll(WRITTEN)].map(({ 0: written, 1: date, 2: time = '', index }) => {
    // A time without its day is of the day that was named before it, else of today.
    day = date ?? day;
    const iso = `${day}T${time.length === 5 ? `${time}:00` : time}.000Z`;
    const before = text.slice(end, index);
    end = index + written.length;
    const local = formatInstant(iso, zone);
    return (
      <Fragment key={index}>
        {before}
        <time dateTime={iso} title={written}>
          {date ? local : time.length === 5 ? local.slice(11) : formatClock(iso, zone)}
        </time>
      </Fragment>
    );
  });
  return (
    <>
      {parts}
      {text.slice(end)}
    </>
  );
}

const WRITTEN = /(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d)?) UTC/g;

/** The person's time zone; null before the browser takes over, so that it renders the server's text first. */
export function useTimeZone(): string | null {
  return useSyncExternalStore(never, browserZone, noZone);
}

const never = () => () => {};
const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
const noZone = () => null;
