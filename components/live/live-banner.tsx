'use client';

import { Banner } from '#components/ui/banner.tsx';
import { useConnection } from '#components/ui/connection.ts';
import { formatInstant } from '#components/ui/format.ts';

/** Says that what is on the page may no longer be so, since when, and why. It goes by itself, and so does what waits. */
export function LiveBanner() {
  const { lostAt, answers, why, opening } = useConnection();
  if (lostAt === null) return null;
  const told = why ?? (answers ? 'The live view is lost.' : 'The server does not answer.');
  return (
    <Banner kind="warning" className="sticky top-14 z-20 mb-4 shadow-float">
      {told} What you see is from{' '}
      <time dateTime={new Date(lostAt).toISOString()} title={formatInstant(new Date(lostAt).toISOString())}>
        {CLOCK.format(lostAt)}
      </time>
      . This page comes back by itself.{opening ? ' The page that you asked for opens then.' : ''}
    </Banner>
  );
}

/** The clock on the person's wall. It is never drawn by the server, which knows another. */
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
