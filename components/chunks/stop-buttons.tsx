'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { stopWords } from '#components/batches/words.ts';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { BATCH_UNFINISHED, type BatchState, CHUNK_HELD, CHUNK_PAUSABLE } from '#lib/core/lifecycle.ts';
import { waitingOf } from '#lib/core/receipts/sum.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';

type Props = {
  batchId: string;
  chunk: ChunkRow;
  batchState: BatchState;
  /** null for whoever may not */
  onPause: (() => Promise<Outcome>) | null;
  onStop: (() => Promise<Outcome>) | null;
};

/** Pause and stop for one chunk, while it sends or would send more. */
export function StopButtons({ batchId, chunk, batchState, onPause, onStop }: Props) {
  const [asking, setAsking] = useState(false);
  const pause = useMutation(writing(['chunks', batchId, chunk.number, 'pause'], onPause));
  const stop = useMutation(writing(['chunks', batchId, chunk.number, 'stop'], onStop));
  const { name, state, stopping, counts } = chunk;
  const pausable = CHUNK_PAUSABLE.includes(state);
  const over = !BATCH_UNFINISHED.includes(batchState);
  const ends = stopping === 'cancel' || stopping === 'accept_rest';
  if (over || ends || !(pausable || CHUNK_HELD.includes(state))) return null;

  return (
    <>
      {onPause && pausable && stopping === null && batchState === 'running' ? (
        <Button onClick={() => pause.mutate()} pending={pause.isPending}>
          Pause this chunk
        </Button>
      ) : null}
      {onStop ? <Button onClick={() => setAsking(true)}>Stop this chunk…</Button> : null}
      {pause.error ? (
        <span role="alert" className="text-red">
          {pause.error.message}
        </span>
      ) : null}
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Stop ${name}?`}
        description={stopWords({ inFlight: counts.inFlight, waiting: waitingOf(counts) }, 'chunk')}
        confirm="Stop sending"
        cancel="Keep it"
        kind="danger"
        pending={stop.isPending}
        error={stop.error?.message ?? null}
        onConfirm={() => stop.mutate(undefined, { onSuccess: () => setAsking(false) })}
      />
    </>
  );
}
