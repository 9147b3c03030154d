'use client';

import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useCallback, useEffect } from 'react';
import { Undo } from '#app/(desk)/batches/[id]/undo.tsx';
import {
  acceptRestAction,
  cancelAction,
  decideAction,
  pauseAction,
  refuseRestAction,
  resumeAction,
  resumeIncidentAction,
  retryAction,
  reviewAgainAction,
} from '#app/(desk)/batches/actions.ts';
import { useActed } from '#app/(desk)/use-acted.ts';
import { useChanged, useFollowed, useRefresh } from '#app/(desk)/use-changed.ts';
import { useProven } from '#components/account/proof.tsx';
import { queries } from '#components/api-client.ts';
import { Checkpoint } from '#components/checkpoints/checkpoint.tsx';
import type { CheckpointView, DecisionInput } from '#components/checkpoints/checkpoint-view.ts';
import { companyKey } from '#components/checkpoints/use-company.ts';
import { StopButtons } from '#components/chunks/stop-buttons.tsx';
import { FieldLabelsOf } from '#components/datasets/field-labels.tsx';
import { ItemsOf } from '#components/items/views/items-of.tsx';
import { archives } from '#components/shelf/group.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { CHUNK_SETTLED } from '#lib/core/lifecycle.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';

/** The checkpoint with its decisions as server actions; items and corrections it has over the API. */
export function CheckpointDesk({ view }: { view: CheckpointView }) {
  const router = useRouter();
  const { batch, chunk } = view;
  const which = { batchId: batch.id, chunk: chunk.number };
  const reload = useCallback(() => router.refresh(), [router]);
  const acted = useActed();
  const proven = useProven();

  useFollowedChunk(view);
  useFollowed({ batch: batch.id }, companyKey({ id: batch.id, n: chunk.number }));

  const undoable =
    view.may.undo &&
    CHUNK_SETTLED.includes(chunk.state) &&
    chunk.counts.done > 0 &&
    view.categories.some(({ action }) => action?.effect === 'undoable');

  const onDecide = ({ digest, revision, seen, ...answers }: DecisionInput) => {
    const chunks = [{ number: chunk.number, digest, revision, seen }];
    // A stale one leaves the screen as it was: the banner says what changed, and shows it when asked.
    return acted(proven(() => decideAction({ batchId: batch.id, chunks, ...answers })));
  };

  const onRefuseRest = async () => {
    const outcome = await acted(refuseRestAction(which));
    // What was done is undone by a batch of its own, which waits for its approval.
    if (outcome.ok && outcome.value.undo) router.push(`/batches/${outcome.value.undo.id}/chunks/${outcome.value.undo.chunk}`);
    return outcome;
  };

  const onAgain = async (chunks: number[]) => {
    const outcome = await acted(reviewAgainAction({ batchId: batch.id, chunks }));
    if (outcome.ok) router.push(`/batches/${outcome.value.id}/plan`);
    return outcome;
  };

  return (
    <FieldLabelsOf labels={view.labels}>
      <ItemsOf datasetId={batch.datasetId} drawn={view.drawn}>
        <Checkpoint
          key={`${batch.id}.${chunk.number}`}
          view={view}
          onDecide={onDecide}
          onReload={reload}
          {...(view.may.undo
            ? {
                undoItem: ({ ordinal, outcome }: Sample) =>
                  outcome?.result === 'succeeded' ? (
                    <Undo
                      key={ordinal}
                      batchId={batch.id}
                      scope={{ ordinals: [ordinal] }}
                      label={`Undo item ${ordinal}…`}
                      what={`item ${ordinal}`}
                      size="small"
                    />
                  ) : null,
              }
            : {})}
          {...(view.may.resume
            ? {
                onResume: () => acted(resumeAction(which)),
                onResumeTarget: (id: string) => acted(resumeIncidentAction({ id })),
              }
            : {})}
          buttons={
            <>
              <StopButtons
                batchId={batch.id}
                chunk={chunk}
                batchState={batch.state}
                onPause={view.may.pause ? () => acted(pauseAction(which)) : null}
                onStop={view.may.cancel ? () => acted(cancelAction(which)) : null}
              />
              {chunk.counts.done > 0 && archives(view.categories) ? (
                <ButtonLink href={`/shelf?batch=${batch.id}`}>On the shelf</ButtonLink>
              ) : null}
              {undoable ? (
                <Undo batchId={batch.id} scope={{ chunks: [chunk.number] }} label="Undo this chunk…" what={chunk.name} />
              ) : null}
            </>
          }
          {...(view.may.decide ? { onRefuseRest } : {})}
          {...(view.may.plan && view.rest ? { onAgain: () => onAgain(view.rest?.chunks ?? []) } : {})}
          {...(view.may.acceptRest ? { onAcceptRest: () => acted(acceptRestAction(which)) } : {})}
          {...(view.may.retry ? { onRetry: () => acted(retryAction(which)) } : {})}
        />
      </ItemsOf>
    </FieldLabelsOf>
  );
}

/**
 * Reads the page again when its batch has changed. A review is not read again under the person who reads it, for a decision signs what is on the screen: a
 * stale one is refused and says what changed. Only that somebody else has decided ends it.
 */
function useFollowedChunk({ batch, chunk }: Pick<CheckpointView, 'batch' | 'chunk'>): void {
  const refresh = useRefresh();
  const reviewing = chunk.state === 'awaiting_review';
  // The page of the list that begins after the chunk before it.
  const input = { id: batch.id, cursor: String(chunk.number - 1), limit: 1 };
  const { data, refetch } = useQuery({ ...queries.chunks.list.queryOptions({ input }), enabled: reviewing, gcTime: 0 });
  useChanged({ batch: batch.id }, reviewing ? refetch : refresh);
  const state = data?.items.find(({ number }) => number === chunk.number)?.state;
  useEffect(() => {
    if (reviewing && state !== undefined && state !== 'awaiting_review') void refresh();
  }, [reviewing, state, refresh]);
}
