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
  resumeAction,
  resumeIncidentAction,
  retryAction,
} from '#app/(desk)/batches/actions.ts';
import { useChanged, useRefresh } from '#app/(desk)/use-changed.ts';
import { api, asOutcome, queries } from '#components/api-client.ts';
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
import { CHUNK_SETTLED } from '#lib/core/lifecycle.ts';

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

  useFollowedChunk(view);

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
