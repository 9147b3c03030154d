'use client';

import { useRouter } from 'next/navigation';
import { type ReactNode, useEffect, useRef } from 'react';
import { cancelAction, pauseAction, resumeAction, startBatchAction } from '#app/(desk)/batches/actions.ts';
import { Follow } from '#app/(desk)/follow.tsx';
import { useActed } from '#app/(desk)/use-acted.ts';
import { AgreementLine } from '#components/batches/agreement-line.tsx';
import { BatchHeader } from '#components/batches/batch-header.tsx';
import { BatchProgress } from '#components/batches/batch-progress.tsx';
import { ItemsSum } from '#components/batches/items-sum.tsx';
import { RestLink } from '#components/batches/rest-link.tsx';
import { SumLine } from '#components/batches/sum-line.tsx';
import { archives } from '#components/shelf/group.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { TabLinks } from '#components/ui/tab-links.tsx';
import { UndoLinks } from '#components/undo/undo-links.tsx';
import { BATCH_OVER, CHUNK_SETTLED } from '#lib/core/lifecycle.ts';
import type { UndoneBy } from '#lib/shapes/batches.ts';
import type { DeliveryCount } from '#lib/shapes/delivery.ts';
import type { Agreement } from '#lib/shapes/evidence.ts';
import type { BatchSnapshot } from '#lib/shapes/live.ts';
import type { Rights } from '#lib/shapes/people.ts';
import { BatchAlerts } from './batch-alerts.tsx';
import { BatchChunks, type ChunksAsked } from './batch-chunks.tsx';
import { Decisions } from './decisions.tsx';
import { Push } from './push.tsx';
import { Undo } from './undo.tsx';
import { useLiveBatch } from './use-live-batch.ts';

type Props = {
  batch: BatchSnapshot;
  /** the batches that undo this one */
  undoneBy: UndoneBy[];
  /** what it did here and goes out together; null where each action is all there is */
  delivery: DeliveryCount | null;
  /** null: this person may not see items */
  agreement: Agreement | null;
  may: Omit<Rights, 'acceptRest' | 'correct'>;
  tab: string;
  asked: ChunksAsked;
  children: ReactNode;
};

const RELIST_MS = 500;
/** Tabs that the server draws, and whose lists grow as the batch goes. */
const DRAWN: readonly string[] = ['receipts', 'task'];

/** A batch while one looks: what has been sent, what has not, and what waits for whom. */
export function BatchDesk({ batch: initial, undoneBy, delivery, agreement, may, tab, asked, children }: Props) {
  const router = useRouter();
  const batch = useLiveBatch(initial);
  const batchId = batch.id;
  const acted = useActed();
  const { needs, sum, chunks } = batch;
  // A chunk is tried again once it has ended: what halted is resumed first.
  const failed =
    sum.failed > 0 && (batch.groups !== null || chunks.some(({ state, counts }) => state === 'done' && counts.failed > 0));
  // An undo is for what came to its end; a single item's receipt page has one too.
  const settled = batch.groups
    ? batch.groups.some(({ state, count }) => count > 0 && CHUNK_SETTLED.includes(state))
    : chunks.some(({ state, counts }) => CHUNK_SETTLED.includes(state) && counts.done > 0);
  const undone = undoneBy.reduce((all, undo) => all + undo.done, 0);
  const undoable =
    may.undo && settled && undone < sum.done && batch.categories.some(({ action }) => action?.effect === 'undoable');
  const tabs = [
    { href: `/batches/${batchId}`, label: 'Chunks', here: tab === 'chunks' },
    { href: `/batches/${batchId}?tab=receipts`, label: 'Receipts', here: tab === 'receipts' },
    { href: `/batches/${batchId}?tab=uncertain`, label: 'Uncertain', here: tab === 'uncertain' },
    ...(sum.failed > 0 || tab === 'failed'
      ? [{ href: `/batches/${batchId}?tab=failed`, label: 'Failed', here: tab === 'failed' }]
      : []),
    { href: `/batches/${batchId}?tab=plan`, label: 'Plan', here: tab === 'plan' },
    { href: `/batches/${batchId}?tab=task`, label: 'Task body', here: tab === 'task' },
    { href: `/batches/${batchId}?tab=downloads`, label: 'Downloads', here: tab === 'downloads' },
  ];

  // These lists come from the server with the page: they are asked for again once their number has moved and stands still.
  const listedNow = tab === 'failed' ? sum.failed : tab === 'uncertain' ? needs.doubts : null;
  const listedThen = useRef(listedNow);
  useEffect(() => {
    if (listedNow === listedThen.current) return;
    const timer = setTimeout(() => {
      listedThen.current = listedNow;
      router.refresh();
    }, RELIST_MS);
    return () => clearTimeout(timer);
  }, [listedNow, router]);

  return (
    <div className="flex flex-col gap-3">
      <BatchHeader
        batch={{ ...batch, inFlight: sum.inFlight, waiting: sum.waiting }}
        may={may}
        onStart={(acceptUnreadable) => acted(startBatchAction({ batchId, acceptUnreadable, planDigest: batch.planDigest }))}
        onPause={() => acted(pauseAction({ batchId }))}
        onResume={() => acted(resumeAction({ batchId }))}
        onCancel={() => acted(cancelAction({ batchId }))}
        more={
          <>
            {may.see && sum.done > 0 && archives(batch.categories) ? (
              <ButtonLink href={`/shelf?batch=${batchId}`}>On the shelf</ButtonLink>
            ) : null}
            {undoable ? <Undo batchId={batchId} label="Undo…" what={batch.name} /> : null}
          </>
        }
      />
      <UndoLinks undoes={batch.undoes} undoneBy={undoneBy} done={sum.done} />
      <RestLink restOf={batch.restOf} />
      {delivery ? (
        <Push {...{ batchId, count: delivery, done: sum.done, mayPush: may.start, over: BATCH_OVER.includes(batch.state) }} />
      ) : null}
      {/* Another part of the batch begins where it is seen. */}
      {tab === 'chunks' ? <ItemsSum batch={batch} sees={may.see} /> : null}
      {tab === 'chunks' && agreement ? <AgreementLine {...{ agreement, noun: batch.noun }} /> : null}
      <div className="mt-2">
        <BatchProgress batch={batch} />
      </div>
      <SumLine batch={batch} />
      <BatchAlerts batch={batch} may={may} tab={tab} failed={failed} />
      <Decisions batch={batch} may={may} asked={tab === 'chunks'}>
        {(grid) => (
          <>
            <TabLinks label="Parts of the batch" tabs={tabs} />
            {asked.listed || DRAWN.includes(tab) ? <Follow shows={{ batch: batchId }} /> : null}
            {tab === 'chunks' ? <BatchChunks {...{ batch, asked, grid }} /> : children}
          </>
        )}
      </Decisions>
    </div>
  );
}
