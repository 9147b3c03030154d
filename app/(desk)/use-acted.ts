'use client';

import { useRouter } from 'next/navigation';
import { useCallback } from 'react';
import type { Outcome } from '#components/ui/outcome.ts';

/** Reads the page again after an act: once it is done, and when somebody else was faster. */
export function useActed() {
  const router = useRouter();
  return useCallback(
    async <Value>(answer: Promise<Outcome<Value>>): Promise<Outcome<Value>> => {
      const outcome = await answer;
      if (outcome.ok || outcome.code === 'conflict') router.refresh();
      return outcome;
    },
    [router],
  );
}
