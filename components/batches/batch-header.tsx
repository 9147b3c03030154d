'use client';

import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { batchLook } from '#components/chunks/state.ts';
import { UnreadableDialog } from '#components/datasets/unreadable-dialog.tsx';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { formatDuration, formatRate } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { PageHeader } from '#components/ui/page-header.tsx';
import { StateBadge } from '#components/ui/state-badge.tsx';
import { writing } from '#components/ui/writing.ts';
import { asksAboutRows } from '#lib/core/batches/unreadable.ts';
import { batchMay } from '#lib/core/lifecycle.ts';
import type { BatchView } from '#lib/shapes/batches.ts';
import type { Rights } from '#lib/shapes/people.ts';
import { spendWords, stopWords } from './words.ts';

type Props = {
  batch: Pick<BatchView, 'id' | 'name' | 'state' | 'says' | 'datasetId' | 'datasetName' | 'rows'> &
    Pick<BatchView, 'rate' | 'etaSeconds' | 'spend'> &
    Pick<BatchView['sum'], 'inFlight' | 'waiting'>;
  /** what this person's role lets them do */
  may: Pick<Rights, 'start' | 'pause' | 'resume' | 'cancel' | 'decide' | 'see'>;
  /** `acceptUnreadable`: so many rows that could not be read were asked about, and a person starts without them */
  onStart: (acceptUnreadable: number | undefined) => Promise<Outcome>;
  onPause: () => Promise<Outcome>;
  onResume: () => Promise<Outcome>;
  onCancel: () => Promise<Outcome>;
  /** further acts, after those that every batch has */
  more?: ReactNode;
};

/** Name, state, speed, and the two things a worried person looks for: pause and stop. */
export function BatchHeader({ batch, may, onStart, onPause, onResume, onCancel, more }: Props) {
  const [stopping, setStopping] = useState(false);
  const [asking, setAsking] = useState(false);
  const start = useMutation(writing(['batches', batch.id, 'start'], onStart));
  const pause = useMutation(writing(['batches', batch.id, 'pause'], onPause));
  const resume = useMutation(writing(['batches', batch.id, 'resume'], onResume));
  const cancel = useMutation(writing(['batches', batch.id, 'cancel'], onCancel));
  const { state, rows } = batch;
  const refusal = start.error ?? pause.error ?? resume.error;

  return (
    <>
      <PageHeader
        title={batch.name}
        meta={
          <>
            <StateBadge {...batchLook(batch.says, may.decide)} wraps />
            {batch.rate === null ? null : <span>{formatRate(batch.rate)}/s</span>}
            {batch.etaSeconds === null || state !== 'running' ? null : <span>about {formatDuration(batch.etaSeconds)} left</span>}
            {batch.spend ? <span>{spendWords(batch.spend)}</span> : null}
            <span className="min-w-0 truncate">
              of{' '}
              {may.see ? (
                <Link href={`/datasets/${batch.datasetId}`} className="underline-offset-2 hover:underline">
                  {batch.datasetName}
                </Link>
              ) : (
                batch.datasetName
              )}
            </span>
          </>
        }
        actions={
          <>
            {batchMay('start', state) && may.start ? (
              <Button
                kind="primary"
                onClick={() => (asksAboutRows(rows) ? setAsking(true) : start.mutate(undefined))}
                pending={start.isPending}
              >
                Start
              </Button>
            ) : null}
            {batchMay('pause', state) && may.pause ? (
              <Button onClick={() => pause.mutate()} pending={pause.isPending}>
                Pause
              </Button>
            ) : null}
            {batchMay('resume', state) && may.resume ? (
              <Button kind="primary" onClick={() => resume.mutate()} pending={resume.isPending}>
                Resume
              </Button>
            ) : null}
            {batchMay('cancel', state) && may.cancel ? <Button onClick={() => setStopping(true)}>Stop…</Button> : null}
            {more}
          </>
        }
      />
      {refusal ? (
        <p role="alert" className="-mt-3 mb-4 text-red">
          {refusal.message}
        </p>
      ) : null}
      <UnreadableDialog
        open={asking}
        onClose={() => setAsking(false)}
        pending={start.isPending}
        error={start.error?.message ?? null}
        datasetId={batch.datasetId}
        rows={rows}
        onStart={() => start.mutate(rows.unreadable, { onSuccess: () => setAsking(false) })}
      />
      <ConfirmDialog
        open={stopping}
        onClose={() => setStopping(false)}
        title={`Stop ${batch.name}?`}
        description={stopWords(batch)}
        confirm="Stop sending"
        cancel="Keep running"
        kind="danger"
        pending={cancel.isPending}
        error={cancel.error?.message ?? null}
        onConfirm={() => cancel.mutate(undefined, { onSuccess: () => setStopping(false) })}
      />
    </>
  );
}
