'use client';

import { useRouter } from 'next/navigation';
import { useCallback, useEffect } from 'react';
import { Undo } from '#app/(desk)/batches/[id]/undo.tsx';
import {
  acceptRestAction,
  cancelAction,
  decideAction,
  pauseAction,
  resumeAction,
  resumeIncidentAction,
  retryAction,
} from '#app/(desk)/batches/actions.ts';
import { useActed } from '#app/(desk)/use-acted.ts';
import { Checkpoint } from '#components/checkpoints/checkpoint.tsx';
import type { CheckpointView, DecisionInput } from '#components/checkpoints/checkpoint-view.ts';
import { StopButtons } from '#components/chunks/stop-buttons.tsx';
import { archives } from '#components/shelf/group.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { CHUNK_SETTLED, type ChunkState } from '#lib/core/lifecycle.ts';

/**
 * How often the page follows a chunk: closely where it goes on by itself, and now and then where somebody else may answer what it
 * asks. A review is never refreshed under the person who reads it: a stale decision is refused and says what changed. What was signed stays as it is.
 */
const FOLLOW_MS: Partial<Record<ChunkState, number>> = {
  queued: 700,
  classifying: 700,
  approved: 700,
  executing: 700,
  awaiting_second: 3000,
  awaiting_release: 3000,
  unresolved: 3000,
  paused: 3000,
  halted: 3000,
};

/** The checkpoint with its decisions as server actions; items and corrections it has over the API. */
export function CheckpointDesk({ view }: { view: CheckpointView }) {
  const router = useRouter();
  const { batch, chunk } = view;
  const which = { batchId: batch.id, chunk: chunk.number };
  const reload = useCallback(() => router.refresh(), [router]);
  const acted = useActed();

  useEffect(() => {
    const every = FOLLOW_MS[chunk.state];
    if (every === undefined) return;
    const timer = setInterval(reload, every);
    return () => clearInterval(timer);
  }, [chunk.state, reload]);

  const undoable =
    view.may.undo &&
    CHUNK_SETTLED.includes(chunk.state) &&
    chunk.counts.done > 0 &&
    view.categories.some(({ action }) => action?.effect === 'undoable');

  const onDecide = ({ digest, revision, seen, ...answers }: DecisionInput) => {
    const chunks = [{ number: chunk.number, digest, revision, seen }];
    // A stale one leaves the screen as it was: the banner says what changed, and shows it when asked.
    return acted(decideAction({ batchId: batch.id, chunks, ...answers }));
  };

  return (
    <Checkpoint
      key={`${batch.id}.${chunk.number}`}
      view={view}
      onDecide={onDecide}
      onReload={reload}
      {...(view.may.resume
        ? {
            onResume: () => acted(resumeAction(which)),
            onResumeTarget: (id: string) => acted(resumeIncidentAction({ id })),
          }
        : {})}
      acts={
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
      {...(view.may.acceptRest ? { onAcceptRest: () => acted(acceptRestAction(which)) } : {})}
      {...(view.may.retry ? { onRetry: () => acted(retryAction(which)) } : {})}
    />
  );
}
