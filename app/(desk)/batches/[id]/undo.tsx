'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { previewUndoAction, undoBatchAction } from '#app/(desk)/batches/actions.ts';
import { UndoButton } from '#components/undo/undo-button.tsx';
import { madeUndoKey } from './made-undo.ts';

type Props = {
  batchId: string;
  /** all of the batch, unless one of these narrows it */
  scope?: { chunks?: number[]; category?: string; ordinals?: number[] };
  label: string;
  what: string;
  size?: 'small';
};

/** The button that undoes, with its server actions; one approval over all of the new batch comes next, on its page. */
export function Undo({ batchId, scope, label, what, size }: Props) {
  const router = useRouter();
  const client = useQueryClient();
  const asked = { batchId, ...scope };
  return (
    <UndoButton
      label={label}
      what={what}
      {...(size ? { size } : {})}
      onPreview={() => previewUndoAction(asked)}
      onStart={async () => {
        const outcome = await undoBatchAction(asked);
        if (outcome.ok) {
          const { id, chunks, cannot } = outcome.value;
          client.setQueryData(madeUndoKey(id), cannot);
          router.push(`/batches/${id}?approve=${chunks.length}`);
        }
        return outcome;
      }}
    />
  );
}
