'use client';

import { useEffect, useState } from 'react';
import { Banner } from '#components/ui/banner.tsx';
import { formatDuration } from '#components/ui/format.ts';

/** Says that what is shown has stopped moving. `lostAt` is the browser's clock in ms, null while the stream lives. */
export function LiveBanner({ lostAt }: { lostAt: number | null }) {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    if (lostAt === null) return setNow(null);
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [lostAt]);
  if (lostAt === null) return null;
  const ago = formatDuration(Math.max(0, ((now ?? lostAt) - lostAt) / 1000));
  return (
    <Banner kind="warning">
      Live view lost <span aria-live="off">{ago}</span> ago. Reconnecting…
    </Banner>
  );
}
