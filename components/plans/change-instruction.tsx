'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queries } from '#components/api-client.ts';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Checkbox, Field, Textarea } from '#components/ui/field.tsx';
import type { PlanRevisionTold } from '#lib/shapes/plans.ts';

type Props = {
  batchId: string;
  revision: PlanRevisionTold;
  /** the chunk at whose checkpoint it was asked for; null: at none */
  chunk: number | null;
  /** proposed to stand behind what the instruction says */
  line?: string;
  /** the corrected item that the line comes from */
  from?: { chunk: number; ordinal: number };
  onClose: () => void;
  onDone: () => void;
  onStale: () => void;
};

/** The instruction of a batch that runs, for what nobody has seen classified yet and, where somebody says so, for the chunk that they look at. */
export function ChangeInstruction({ batchId, revision, chunk, line, from, onClose, onDone, onStale }: Props) {
  const before = revision.plan.instruction ?? '';
  const [instruction, setInstruction] = useState(() => (line ? `${before.trimEnd()}\n${line}` : before));
  const [note, setNote] = useState('');
  const [again, setAgain] = useState(false);
  const save = useMutation({
    mutationKey: queries.batches.revise.mutationKey(),
    mutationFn: () =>
      api.batches.revise({
        params: { id: batchId },
        body: {
          ...{ revision: revision.revision, instruction },
          ...(again && chunk !== null ? { chunks: [chunk] } : {}),
          ...(note.trim() ? { note: note.trim() } : {}),
          ...(from ? { from } : {}),
        },
      }),
    onSuccess: () => {
      onDone();
      onClose();
    },
  });
  const isStale = (save.error as { code?: string } | null)?.code === 'stale';
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title="Change the instruction"
      description="For every chunk that is not classified yet. Nobody knows ahead what whoever classifies makes of it: look at the next checkpoint. What people corrected stays."
      footer={
        <>
          <Button
            kind="primary"
            pending={save.isPending}
            disabled={instruction.trim() === '' || (instruction === before && !again)}
            onClick={() => save.mutate()}
          >
            {again ? 'Use it, classify this chunk again' : 'Use this instruction'}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field
          label="What should happen?"
          hint={line ? 'The last line is proposed, from what you corrected. Change it as you like.' : undefined}
        >
          <Textarea rows={8} value={instruction} onChange={(event) => setInstruction(event.target.value)} />
        </Field>
        {chunk === null ? null : (
          <Checkbox
            label="Classify this chunk again"
            hint="What was said of its items is dropped, but for what people corrected, and it comes back for review."
            checked={again}
            onChange={(event) => setAgain(event.target.checked)}
          />
        )}
        {save.error ? (
          <Banner kind="warning" actions={isStale ? <Button onClick={onStale}>Read the instruction again</Button> : undefined}>
            {save.error.message}
          </Banner>
        ) : null}
        <Field label="Why? (kept with the receipt)">
          <Textarea rows={2} value={note} onChange={(event) => setNote(event.target.value)} />
        </Field>
      </div>
    </Dialog>
  );
}
