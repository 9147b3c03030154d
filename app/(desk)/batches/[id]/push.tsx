'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';
import { deliverBatchAction } from '#app/(desk)/batches/actions.ts';
import { WaitsForPush } from '#components/delivery/waits-for-push.tsx';
import type { DeliveryCount } from '#lib/shapes/delivery.ts';

type Props = {
  batchId: string;
  /** as the page was read */
  count: DeliveryCount;
  /** actions that are done by now: the count is read again when they move */
  done: number;
  mayPush: boolean;
  over: boolean;
};

const READ_AGAIN_MS = 500;

/** What waits for a push, with its server action; its approval comes next, on the page of its own batch. */
export function Push({ batchId, count, done, mayPush, over }: Props) {
  const router = useRouter();
  const then = useRef(done);
  useEffect(() => {
    if (done === then.current) return;
    const timer = setTimeout(() => {
      then.current = done;
      router.refresh();
    }, READ_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [done, router]);
  if (count.waiting + count.sent === 0) return null;
  return (
    <WaitsForPush
      {...{ batchId, count, mayPush, over }}
      onPrepare={async (to) => {
        const outcome = await deliverBatchAction({ batchId, to });
        const push = outcome.ok ? outcome.value.places.find((one) => one.push !== null)?.push : null;
        if (push) router.push(`/batches/${push}`);
        return outcome;
      }}
    />
  );
}
