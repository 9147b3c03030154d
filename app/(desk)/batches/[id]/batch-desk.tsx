'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type ReactNode, useEffect, useRef } from 'react';
import { cancelAction, pauseAction, resumeAction, retryAction, startBatchAction } from '#app/(desk)/batches/actions.ts';
import { Follow } from '#app/(desk)/follow.tsx';
import { Targets } from '#app/(desk)/targets.tsx';
import { useActed } from '#app/(desk)/use-acted.ts';
import { BatchHeader } from '#components/batches/batch-header.tsx';
import { BatchProgress } from '#components/batches/batch-progress.tsx';
import { ReviewNext } from '#components/batches/review-next.tsx';
import { SumLine } from '#components/batches/sum-line.tsx';
import { ChunkTable } from '#components/chunks/chunk-table.tsx';
import { DatabaseTrouble } from '#components/fleet/database-trouble.tsx';
import { Unattended } from '#components/fleet/unattended.tsx';
import { Tape } from '#components/live/tape.tsx';
import { archives } from '#components/shelf/group.ts';
import { Banner } from '#components/ui/banner.tsx';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { TabLinks } from '#components/ui/tab-links.tsx';
import { writing } from '#components/ui/writing.ts';
import { UndoLinks } from '#components/undo/undo-links.tsx';
import { BATCH_RETRIABLE, CHUNK_SETTLED } from '#lib/core/lifecycle.ts';
import { reasonWords } from '#lib/core/receipts/reason-words.ts';
import type { UndoneBy } from '#lib/shapes/batches.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';
import type { BatchSnapshot } from '#lib/shapes/live.ts';
import type { Rights } from '#lib/shapes/people.ts';
import { Decisions } from './decisions.tsx';
import { Undo } from './undo.tsx';
import { useLiveBatch } from './use-live-batch.ts';

type Props = {
  batch: BatchSnapshot;
  /** the batches that undo this one */
  undoneBy: UndoneBy[];
  may: Omit<Rights, 'acceptRest' | 'correct'>;
  tab: string;
  /** a page of the chunks, for a batch that has more than are kept live */
  listed: { items: ChunkRow[]; next: string | null } | null;
  children: ReactNode;
};

const RELIST_MS = 500;
/** Tabs that the server draws, and whose lists grow as the batch goes. */
const DRAWN: readonly string[] = ['receipts', 'task'];

/** A batch while one looks: what has been sent, what has not, and what waits for whom. */
export function BatchDesk({ batch: initial, undoneBy, may, tab, listed, children }: Props) {
  const router = useRouter();
  const batch = useLiveBatch(initial);
  const batchId = batch.id;
  const acted = useActed();
  const retry = useMutation(writing(['batches', batchId, 'retry'], () => acted(retryAction({ batchId }))));
  const { needs, sum, chunks, targets } = batch;
  const resumeHalted = useMutation(writing(['batches', batchId, 'resume'], () => acted(resumeAction({ batchId }))));
  // A chunk is tried again once it has ended: what halted is resumed first.
  const ended =
    sum.failed > 0 && (batch.groups !== null || chunks.some(({ state, counts }) => state === 'done' && counts.failed > 0));
  // An undo is for what came to its end; a single item's receipt page has one too.
  const settled = batch.groups
    ? batch.groups.some(({ state, count }) => count > 0 && CHUNK_SETTLED.includes(state))
    : chunks.some(({ state, counts }) => CHUNK_SETTLED.includes(state) && counts.done > 0);
  const undone = undoneBy.reduce((all, undo) => all + undo.done, 0);
  const undoable =
    may.undo && settled && undone < sum.done && batch.categories.some(({ action }) => action?.effect === 'undoable');
  const halts = [
    ...new Set(
      chunks.flatMap(({ state, haltReason, waitsFor }) =>
        state === 'halted' && waitsFor?.for !== 'target' && haltReason ? [reasonWords(haltReason)] : [],
      ),
    ),
  ];
  const waits = [
    needs.reviews > 0 ? formatNoun(needs.reviews, 'reviews') : null,
    needs.releases > 0 ? formatNoun(needs.releases, 'releases') : null,
    needs.halts > 0 ? `${formatNoun(needs.halts, 'chunks')} halted` : null,
    needs.doubts > 0 ? `${formatNoun(needs.doubts, 'actions')} uncertain` : null,
  ].filter((text) => text !== null);
  const tabs = [
    { href: `/batches/${batchId}`, label: 'Chunks', here: tab === 'chunks' },
    { href: `/batches/${batchId}?tab=receipts`, label: 'Receipts', here: tab === 'receipts' },
    { href: `/batches/${batchId}?tab=uncertain`, label: 'Uncertain', here: tab === 'uncertain', count: needs.doubts },
    ...(sum.failed > 0 || tab === 'failed'
      ? [
          {
            href: `/batches/${batchId}?tab=failed`,
            label: 'Failed',
            here: tab === 'failed',
            count: sum.failed,
            tone: 'red' as const,
          },
        ]
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
        batch={{
          ...{
            id: batchId,
            name: batch.name,
            state: batch.state,
            says: batch.says,
            datasetId: batch.datasetId,
            datasetName: batch.datasetName,
            rows: batch.rows,
            noun: batch.noun,
            rate: batch.rate,
            etaSeconds: batch.etaSeconds,
          },
          ...{ itemCount: batch.itemCount, inFlight: sum.inFlight, waiting: sum.waiting },
        }}
        may={may}
        onStart={(acceptUnreadable) => acted(startBatchAction({ batchId, acceptUnreadable }))}
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
      <BatchProgress batch={batch} />
      <SumLine sum={sum} />
      {batch.trouble ? <DatabaseTrouble fault={batch.trouble} /> : null}
      {batch.unattended ? <Unattended heardAt={batch.unattended.heardAt} inFlight={sum.inFlight} /> : null}
      {waits.length > 0 ? (
        <Banner
          actions={
            <>
              {needs.doubts > 0 ? (
                <ButtonLink href={`/batches/${batchId}?tab=uncertain`}>Answer the uncertain actions</ButtonLink>
              ) : null}
              {batch.next !== null && may.see ? <ReviewNext href={`/batches/${batchId}/chunks/${batch.next}`} /> : null}
            </>
          }
        >
          Needs you: {waits.join(', ')}
        </Banner>
      ) : null}
      <Targets incidents={targets} mayResume={may.resume} />
      {needs.halts > 0 ? (
        <Banner
          kind="danger"
          actions={
            may.resume && batch.state === 'running' ? (
              <Button pending={resumeHalted.isPending} onClick={() => resumeHalted.mutate()}>
                Resume {formatNoun(needs.halts, 'chunks')}
              </Button>
            ) : null
          }
        >
          <span className="font-medium">
            {halts.length === 1 ? `Stopped: ${halts[0]}` : `${formatNoun(needs.halts, 'chunks')} stopped.`}
          </span>{' '}
          Nothing of {needs.halts === 1 ? 'that chunk' : 'them'} is being sent. Nothing is sent until somebody resumes.
          {needs.doubts > 0 ? ` Resuming never repeats the uncertain actions.` : ''} {resumeHalted.error?.message}
        </Banner>
      ) : null}
      {ended && may.retry && BATCH_RETRIABLE.includes(batch.state) ? (
        <Banner
          kind="warning"
          actions={
            <>
              {tab === 'failed' ? null : <ButtonLink href={`/batches/${batchId}?tab=failed`}>See why</ButtonLink>}
              <Button pending={retry.isPending} onClick={() => retry.mutate()}>
                Retry the {formatCount(sum.failed)} that failed
              </Button>
            </>
          }
        >
          {formatNoun(sum.failed, 'actions')} failed. {sum.failed === 1 ? 'It' : 'They'} changed nothing. {retry.error?.message}
        </Banner>
      ) : null}
      <Decisions batch={batch} may={may} />
      <TabLinks label="Parts of the batch" tabs={tabs} />
      {listed || DRAWN.includes(tab) ? <Follow shows={{ batch: batchId }} /> : null}
      {tab === 'chunks' ? (
        <div className="grid min-w-0 gap-6 xl:grid-cols-[minmax(0,1.5fr)_minmax(0,1fr)]">
          <div className="min-w-0">
            <ChunkTable batchId={batchId} chunks={listed?.items ?? chunks} noun={batch.noun} />
            <NextPage href={listed?.next ?? null} label="Next" />
          </div>
          <section aria-labelledby="receipts" className="flex min-w-0 flex-col gap-2">
            <div className="flex items-baseline justify-between gap-3">
              <h2 id="receipts" className="text-16 font-medium">
                Receipts
              </h2>
              <Link href={`/batches/${batchId}?tab=downloads`} className="text-muted hover:text-text">
                Download receipts
              </Link>
            </div>
            <Tape batchId={batchId} lines={batch.tape} />
          </section>
        </div>
      ) : (
        children
      )}
    </div>
  );
}
