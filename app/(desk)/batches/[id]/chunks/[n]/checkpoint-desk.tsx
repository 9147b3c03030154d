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
import { api, asOutcome } from '#components/api-client.ts';
import { Checkpoint } from '#components/checkpoints/checkpoint.tsx';
import type {
  Alike,
  CheckpointView,
  CorrectionInput,
  DecisionInput,
  ItemQuery,
} from '#components/checkpoints/checkpoint-view.ts';
import { StopButtons } from '#components/chunks/stop-buttons.tsx';
import { FieldLabelsOf } from '#components/datasets/field-labels.tsx';
import { archives } from '#components/shelf/group.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
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
/** Fields that name who an item comes from, best first. */
const SENDER_FIELDS = ['from', 'sender', 'email', 'author'];
const ALIKE_MAX = 500;

/** The checkpoint with its data: items and corrections over the API, decisions as server actions. */
export function CheckpointDesk({ view }: { view: CheckpointView }) {
  const router = useRouter();
  const { batch, chunk } = view;
  const which = { batchId: batch.id, chunk: chunk.number };
  const ofChunk = { id: batch.id, n: chunk.number };
  const reload = useCallback(() => router.refresh(), [router]);

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

  const loadItems = ({ category, search, cursor }: ItemQuery) =>
    asOutcome(
      api.chunks.items({ ...ofChunk, category, limit: 100, ...(search ? { search } : {}), ...(cursor ? { cursor } : {}) }),
    );

  const onCorrect = async (corrections: CorrectionInput[]) => {
    const outcome = await asOutcome(api.chunks.correct({ params: ofChunk, body: corrections }));
    // The checkpoint sends no decision before it has been given the revision and the digest that this made.
    if (outcome.ok) reload();
    return outcome;
  };

  const onDecide = async ({ digest, seen, ...answers }: DecisionInput): Promise<Outcome> => {
    if (digest === null)
      return {
        ok: false,
        code: 'stale',
        message: 'The chunk is still being counted again. Nothing was decided. Try again in a moment.',
      };
    const outcome = await decideAction({
      batchId: batch.id,
      chunks: [{ number: chunk.number, digest, revision: view.revision, seen }],
      ...answers,
    });
    // A stale one leaves the screen as it was: the banner says what changed, and shows it when asked.
    if (outcome.ok) reload();
    return outcome;
  };

  const findAlike = async ({ ordinal, from }: { ordinal: number; from: string; to: string }): Promise<Outcome<Alike | null>> => {
    const samples = view.categories.flatMap(({ sampleRandom, sampleUnsure }) => [...sampleRandom, ...sampleUnsure]);
    const item = samples.find((sample) => sample.ordinal === ordinal);
    const field = SENDER_FIELDS.find((name) => item?.fields[name]);
    const sender = field && item?.fields[field];
    if (!field || !sender) return { ok: true, value: null };
    const found = await asOutcome(
      api.chunks.items({ ...ofChunk, category: from, search: sender.slice(0, 200), limit: ALIKE_MAX }),
    );
    if (!found.ok) return found;
    const ordinals = found.value.items
      .filter((other) => other.ordinal !== ordinal && other.fields[field] === sender)
      .map((other) => other.ordinal);
    return {
      ok: true,
      value: { what: field === 'from' || field === 'sender' ? 'Same sender' : `Same ${view.labels[field] ?? field}`, ordinals },
    };
  };

  return (
    <FieldLabelsOf labels={view.labels}>
      <Checkpoint
        key={`${batch.id}.${chunk.number}`}
        view={view}
        loadItems={loadItems}
        onCorrect={onCorrect}
        onDecide={onDecide}
        onReload={reload}
        findAlike={findAlike}
        {...(view.may.resume
          ? {
              onResume: () => reloaded(resumeAction(which)),
              onResumeTarget: (id: string) => reloaded(resumeIncidentAction({ id })),
            }
          : {})}
        acts={
          <>
            <StopButtons
              chunk={chunk}
              batchState={batch.state}
              onPause={view.may.pause ? () => reloaded(pauseAction(which)) : null}
              onStop={view.may.cancel ? () => reloaded(cancelAction(which)) : null}
            />
            {chunk.counts.done > 0 && archives(view.categories) ? (
              <ButtonLink href={`/shelf?batch=${batch.id}`}>On the shelf</ButtonLink>
            ) : null}
            {undoable ? (
              <Undo batchId={batch.id} scope={{ chunks: [chunk.number] }} label="Undo this chunk…" what={chunk.name} />
            ) : null}
          </>
        }
        {...(view.may.acceptRest ? { onAcceptRest: () => reloaded(acceptRestAction(which)) } : {})}
        {...(view.may.retry ? { onRetry: () => reloaded(retryAction(which)) } : {})}
      />
    </FieldLabelsOf>
  );

  async function reloaded(answer: Promise<Outcome>): Promise<Outcome> {
    const outcome = await answer;
    if (outcome.ok) reload();
    return outcome;
  }
}
