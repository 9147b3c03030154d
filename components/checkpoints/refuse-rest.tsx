'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { RestRefused } from '#lib/shapes/checkpoints.ts';
import type { CheckpointView } from './checkpoint-view.ts';
import { type Acting, refuseWords } from './words.ts';

type Props = { view: CheckpointView; acting: Acting[]; onRefuse: () => Promise<Outcome<RestRefused>> };

/** The No at the first few: leaves the rest unsent, and makes the undo of what was done, which is reviewed next. */
export function RefuseRest({ view: { batch, chunk, may }, acting, onRefuse }: Props) {
  const [open, setOpen] = useState(false);
  const refuse = useMutation(writing(['chunks', batch.id, chunk.number, 'refuse-rest'], onRefuse));
  const words = refuseWords(acting, chunk.counts, may.undo);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{words.button}</Button>
      <ConfirmDialog
        open={open}
        onClose={() => setOpen(false)}
        title={words.title}
        description={words.text}
        confirm={words.confirm}
        cancel="Keep waiting"
        kind="danger"
        pending={refuse.isPending}
        error={refuse.error?.message ?? null}
        onConfirm={() => refuse.mutate()}
      />
    </>
  );
}
