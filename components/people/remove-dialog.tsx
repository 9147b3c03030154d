'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { PersonRow } from '#lib/shapes/people.ts';

type Props = {
  person: Pick<PersonRow, 'id' | 'name' | 'email'>;
  onClose: () => void;
  onRemove: (person: { personId: string; reason: string }) => Promise<Outcome<{ erasure: string }>>;
};

/** Before a disabled person's account goes for good: what goes, and by what receipts still name them. */
export function RemoveDialog({ person, onClose, onRemove }: Props) {
  const { id, name, email } = person;
  const router = useRouter();
  const [reason, setReason] = useState('');
  const remove = useMutation(writing(['people', id, 'remove'], () => onRemove({ personId: id, reason })));
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Remove the account of ${name}?`}
      description={`The name, ${email}, the password and all settings go for good. Receipts name people by an id, which stays: they read “Former person” then.`}
      confirm="Remove for good"
      kind="danger"
      disabled={reason.trim().length < 3}
      pending={remove.isPending}
      error={remove.error?.message ?? null}
      onConfirm={() => remove.mutate(undefined, { onSuccess: ({ erasure }) => router.push(`/admin/erasure/${erasure}`) })}
    >
      <Field
        label="Why"
        hint="Three characters at least. It is kept, so do not name the person here. The address is looked for everywhere else next."
      >
        <Input autoComplete="off" value={reason} onChange={(event) => setReason(event.target.value)} />
      </Field>
    </ConfirmDialog>
  );
}
