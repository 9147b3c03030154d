'use client';

import { useMutation } from '@tanstack/react-query';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { PersonRow } from '#lib/shapes/people.ts';

type Props = {
  person: Pick<PersonRow, 'id' | 'name'>;
  onClose: () => void;
  onReset: (person: { personId: string }) => Promise<Outcome>;
};

/** Removes what a person lost, after telling what follows. */
export function ResetFactorsDialog({ person: { id, name }, onClose, onReset }: Props) {
  const reset = useMutation(writing(['people', id, 'reset-factors'], () => onReset({ personId: id })));
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Reset the second factor of ${name}?`}
      description={`The authenticator app and all passkeys of ${name} are removed, and all of their browsers are signed out. Until ${name} sets up another one, the password alone signs in: be sure that it is ${name} who asks.`}
      confirm="Reset the second factor"
      kind="danger"
      pending={reset.isPending}
      error={reset.error?.message ?? null}
      onConfirm={() => reset.mutate(undefined, { onSuccess: onClose })}
    />
  );
}
