'use client';

import { useState } from 'react';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Field, Textarea } from '../ui/field.tsx';

type Props = {
  open: boolean;
  onClose: () => void;
  name: string;
  pending: boolean;
  error: string | null;
  onConfirm: (note: string) => void;
};

/** Have the chunk sorted again, with a word of why. */
export function SendBackDialog({ open, onClose, name, pending, error, onConfirm }: Props) {
  const [note, setNote] = useState('');
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={`Send ${name} back?`}
      description="It is sorted again and comes back here; what people corrected stays. Nothing is sent. Your note stays with it."
      confirm="Send back"
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
