'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { WorkerList } from '#components/fleet/worker-list.tsx';
import type { WorkerRow } from '#lib/shapes/fleet.ts';

const REFRESH_MS = 2_000;

/** The workers, read anew while somebody looks. */
export function Fleet({ workers }: { workers: WorkerRow[] }) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') router.refresh();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <section aria-labelledby="workers" className="flex flex-col gap-3">
      <h2 id="workers" className="text-16 font-medium">
        Workers
      </h2>
      <WorkerList workers={workers} />
    </section>
  );
}
