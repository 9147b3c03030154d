'use client';

import { useState } from 'react';
import { type AskedProps, ConfirmDialog } from '#components/ui/dialog.tsx';
import { Field, Textarea } from '#components/ui/field.tsx';

type Props = AskedProps & {
  name: string;
  onConfirm: (note: string) => void;
};

/** Not sign a chunk that one person has signed, with a word of why: it goes back to review as it is. */
export function SendBackDialog({ open, onClose, name, pending, error, onConfirm }: Props) {
  const [note, setNote] = useState('');
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={`Not sign ${name}?`}
      description="The first signature becomes void. The chunk goes back to review as it is, and two people sign again. Nothing is sent. Your note stays with the chunk."
      confirm="Do not sign"
      pending={pending}
      disabled={note.trim() === ''}
      error={error}
      onConfirm={() => onConfirm(note.trim())}
    >
      <Field label="What is wrong with it?">
        <Textarea rows={3} value={note} onChange={(event) => setNote(event.target.value)} />
      </Field>
    </ConfirmDialog>
  );
}
