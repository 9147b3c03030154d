'use client';

import { usePathname, useRouter } from 'next/navigation';
import { useCallback, useRef } from 'react';
import { toast } from 'sonner';
import { api, asOutcome } from '#components/api-client.ts';
import { needAddress } from './need-words.ts';

const AT = /^\/batches\/([0-9a-f-]{36})(?:\/chunks\/(\d{1,9}))?/;

/**
 * Goes to what waits for this person now: asked at the press, for what the page was drawn with may be answered by somebody else since. Of the batch that one is at
 * first, after the chunk that one is at. One press at a time.
 */
export function useNextNeed(): () => void {
  const router = useRouter();
  const path = usePathname();
  const asking = useRef(false);
  return useCallback(() => {
    if (asking.current) return;
    asking.current = true;
    const [, batch, chunk] = AT.exec(path) ?? [];
    const of = { ...(batch ? { batch } : {}), ...(chunk ? { chunk: Number(chunk) } : {}) };
    void asOutcome(api.needsYou.next(of)).then((outcome) => {
      asking.current = false;
      if (!outcome.ok) toast.error(outcome.message);
      else if (outcome.value.next) router.push(needAddress(outcome.value.next));
      else toast('Nothing else waits for you now.');
    });
  }, [router, path]);
}
