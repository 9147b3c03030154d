'use client';

import { useRouter } from 'next/navigation';
import { previewUndoAction, undoBatchAction } from '#app/(desk)/batches/actions.ts';
import { UndoButton } from '#components/undo/undo-button.tsx';

type Props = {
  batchId: string;
  /** all of the batch, unless one of these narrows it */
  scope?: { chunks?: number[]; category?: string; ordinals?: number[] };
  label: string;
  what: string;
  size?: 'small';
};

/** The button that undoes, with its server actions; the new batch's first checkpoint comes next. */
export function Undo({ batchId, scope, label, what, size }: Props) {
  const router = useRouter();
  const asked = { batchId, ...scope };
  return (
    <UndoButton
      label={label}
      what={what}
      {...(size ? { size } : {})}
      onPreview={() => previewUndoAction(asked)}
      onStart={async () => {
        const outcome = await undoBatchAction(asked);
        if (outcome.ok) router.push(`/batches/${outcome.value.id}/chunks/${outcome.value.chunks[0]?.number ?? 1}`);
        return outcome;
      }}
    />
  );
}
