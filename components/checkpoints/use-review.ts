'use client';

import { queryOptions, skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { api, asOutcome, queries, refusalOf } from '#components/api-client.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import type { Corrected } from '#lib/shapes/checkpoints.ts';
import type { MoveOfAll } from '#lib/shapes/chunk-items.ts';
import type { CheckpointView, OfChunk } from './checkpoint-view.ts';
import { itemPagesKey } from './item-pages.ts';
import {
  allMoved,
  collapsed,
  type Move,
  movesMade,
  movesRefused,
  movesSaved,
  type Review,
  reviewOf,
  toldAnew,
} from './review.ts';

import { queueOf } from './use-marks.ts';

/** What a decision is bound to: only ever what is on the screen. */
export type Bound = { revision: number; digest: string };

/** As many as one request may hold. */
const SENT_AT_ONCE_MAX = 10_000;
const COUNTED_ANEW: Outcome<never> = {
  ok: false,
  code: 'stale',
  message: 'The chunk is still being counted again. Nothing was decided. Try again in a moment.',
};

/** Never fetched: the page tells it, and the answers of one's own moves. A review is not refreshed under the person who reads it. */
function reviewOptions(of: OfChunk) {
  return queryOptions<Review>({
    queryKey: [...queries.chunks.read.queryKey({ input: of }), 'review'],
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/**
 * The review of a chunk, and the moves of its person: they show at once, travel one request after the other, each with all that waits by then, and what is
 * refused is taken back. `bind` waits until all of them are answered and gives what a decision signs; it refuses where one was not saved.
 * @param onReload reads the page anew: when somebody else decided or moved meanwhile
 */
export function useReview(of: OfChunk, view: CheckpointView, onReload: () => void) {
  const client = useQueryClient();
  const queryKey = useMemo(() => reviewOptions(of).queryKey, [of]);
  const known = useRef(view);
  useState(() => {
    const left = client.getQueryData(queryKey);
    // What was on its way when the page was left still is; the rest begins with what the page tells.
    if (!left?.waiting.length) client.removeQueries({ queryKey: itemPagesKey(of) });
    client.setQueryData(queryKey, left?.waiting.length ? toldAnew(left, view) : reviewOf(view));
  });
  const { data: review = reviewOf(view) } = useQuery(reviewOptions(of));

  useEffect(() => {
    if (known.current === view) return;
    known.current = view;
    const before = client.getQueryData(queryKey);
    client.setQueryData(queryKey, before && toldAnew(before, view));
    if (before && view.revision > before.revision) void client.invalidateQueries({ queryKey: itemPagesKey(of) });
  }, [client, queryKey, of, view]);

  const { mutate: save, mutateAsync: saveAll } = useMutation({
    mutationKey: queries.chunks.correct.mutationKey(),
    // One after the other, so that what was moved last is moved last.
    scope: { id: queueOf(of) },
    mutationFn: async () => {
      const waiting = client.getQueryData(queryKey)?.waiting.slice(0, SENT_AT_ONCE_MAX) ?? [];
      // How they were chosen is said once for a request: what was chosen otherwise goes with the next one.
      const how = waiting[0]?.how;
      const other = waiting.findIndex((move) => move.how !== how);
      const moves = other === -1 ? waiting : waiting.slice(0, other);
      // It went with the one before.
      if (moves.length === 0) return;
      const change = (made: (before: Review) => Review) => client.setQueryData(queryKey, (before) => before && made(before));
      try {
        const body = collapsed(moves).map(({ ordinal, category }) => ({ ordinal, category }));
        const answer = await api.chunks.correct({ params: of, body, query: how ? { how } : {} });
        change((before) => movesSaved(before, moves.length, answer));
      } catch (error) {
        const refusal = refusalOf(error);
        change((before) => movesRefused(before, moves.length, refusal));
        if (refusal.code === 'conflict') onReload();
      }
    },
  });

  const move = useCallback(
    (moves: readonly Move[]) => {
      client.setQueryData(queryKey, (before) => before && movesMade(before, moves));
      save();
    },
    [client, queryKey, save],
  );

  const { mutateAsync: moveSet } = useMutation({
    mutationKey: [...queries.chunks.correct.mutationKey(), 'set'],
    // Behind what was moved and marked before: the set was counted with it.
    scope: { id: queueOf(of) },
    mutationFn: (move: MoveOfAll) => asOutcome(api.chunks.correct({ params: of, body: move })),
  });

  /** Moves all that match, as one statement. Nothing of it is painted before its answer; then the lists are read anew. */
  const moveAllThatMatch = useCallback(
    async (asked: MoveOfAll): Promise<Outcome<Corrected>> => {
      const outcome = await moveSet(asked);
      if (outcome.ok) {
        client.setQueryData(queryKey, (before) => before && allMoved(before, outcome.value));
        void client.invalidateQueries({ queryKey: itemPagesKey(of) });
      }
      if (outcome.ok || outcome.code === 'conflict') onReload();
      return outcome;
    },
    [client, queryKey, moveSet, of, onReload],
  );

  const bind = useCallback(async (): Promise<Outcome<Bound>> => {
    const before = client.getQueryData(queryKey)?.refused;
    await saveAll();
    const { refused, revision, digest } = client.getQueryData(queryKey) ?? review;
    // What was taken back earlier is told already, and the screen shows it where it was.
    if (refused && refused !== before)
      return { ok: false, code: 'unsaved', message: 'Some corrections were not saved. Nothing was approved.' };
    if (digest !== null) return { ok: true, value: { revision, digest } };
    // The answer of a correction to a large chunk has no digest.
    const read = await asOutcome(api.chunks.read(of));
    if (!read.ok) return read;
    return read.value.digest !== null && read.value.revision === revision
      ? { ok: true, value: { revision, digest: read.value.digest } }
      : COUNTED_ANEW;
  }, [client, queryKey, saveAll, review, of]);

  return { review, move, moveAllThatMatch, settle: saveAll, bind };
}
