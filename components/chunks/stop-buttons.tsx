'use client';

import { useState } from 'react';
import { stopWords } from '#components/batches/words.ts';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { useAct } from '#components/ui/use-act.ts';
import { BATCH_UNFINISHED, type BatchState, CHUNK_HELD, CHUNK_PAUSABLE } from '#lib/core/lifecycle.ts';
import { waitingOf } from '#lib/core/receipts/sum.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';

type Props = {
  chunk: ChunkRow;
  batchState: BatchState;
  /** null for whoever may not */
  onPause: (() => Promise<Outcome>) | null;
  onStop: (() => Promise<Outcome>) | null;
};

/** Pause and stop for one chunk, while it sends or would send more. */
export function StopButtons({ chunk, batchState, onPause, onStop }: Props) {
  const [asking, setAsking] = useState(false);
  const pause = useAct(async () => onPause?.() ?? ({ ok: true, value: null } as const));
  const stop = useAct(async () => onStop?.() ?? ({ ok: true, value: null } as const));
  const { name, state, stopping, counts } = chunk;
  const pausable = CHUNK_PAUSABLE.includes(state);
  const over = !BATCH_UNFINISHED.includes(batchState);
  const ends = stopping === 'cancel' || stopping === 'accept_rest';
  if (over || ends || !(pausable || CHUNK_HELD.includes(state))) return null;

  return (
    <>
      {onPause && pausable && stopping === null && batchState === 'running' ? (
        <Button onClick={() => void pause.run()} pending={pause.pending}>
          Pause this chunk
        </Button>
      ) : null}
      {onStop ? <Button onClick={() => setAsking(true)}>Stop this chunk…</Button> : null}
      {pause.refusal ? (
        <span role="alert" className="text-red">
          {pause.refusal.message}
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
        pending={stop.pending}
        error={stop.refusal?.message ?? null}
        onConfirm={async () => {
          if ((await stop.run()).ok) setAsking(false);
        }}
      />
    </>
  );
}
