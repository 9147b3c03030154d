'use client';

import { useState } from 'react';
import { type AskedProps, ConfirmDialog } from '#components/ui/dialog.tsx';
import { Field, Textarea } from '#components/ui/field.tsx';

type Props = AskedProps & {
  name: string;
  /** it awaits a second signature: then it goes back to review, not to be classified again */
  signed: boolean;
  onConfirm: (note: string) => void;
};

/** Have the chunk classified again, or not sign it, with a word of why. */
export function SendBackDialog({ open, onClose, name, signed, pending, error, onConfirm }: Props) {
  const [note, setNote] = useState('');
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={signed ? `Not sign ${name}?` : `Send ${name} back?`}
      description={
        signed
          ? 'The first signature becomes void. The chunk goes back to review as it is, and two people sign again. Nothing is sent. Your note stays with the chunk.'
          : 'The chunk is classified again and comes back here. People’s corrections stay. Nothing is sent. Your note stays with the chunk.'
      }
      confirm={signed ? 'Do not sign' : 'Send back'}
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
