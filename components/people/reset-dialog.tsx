'use client';

import { useMutation } from '@tanstack/react-query';
import { Button } from '#components/ui/button.tsx';
import { ConfirmDialog, Dialog } from '#components/ui/dialog.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { PersonRow } from '#lib/shapes/people.ts';
import { LinkToHandOver } from './link-to-hand-over.tsx';

type Props = {
  person: Pick<PersonRow, 'id' | 'name' | 'email'>;
  onClose: () => void;
  onReset: (person: { personId: string }) => Promise<Outcome<{ link: string }>>;
};

/** Makes a link with which a person sets their password anew, after telling what follows; then shows it, once. */
export function ResetDialog({ person, onClose, onReset }: Props) {
  const { id, name, email } = person;
  const reset = useMutation(writing(['people', id, 'reset'], () => onReset({ personId: id })));
  if (reset.data)
    return (
      <Dialog open onClose={onClose} title={`A link for ${name}`} footer={<Button onClick={onClose}>Done</Button>}>
        <LinkToHandOver email={email} link={reset.data.link} />
      </Dialog>
    );
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Reset the password of ${name}?`}
      description={`You get a link to hand over. With it ${name} sets a new password within a day, and all of their browsers are signed out. Until then the old password works.`}
      confirm="Make the link"
      pending={reset.isPending}
      error={reset.error?.message ?? null}
      onConfirm={() => reset.mutate()}
    >
      <p className="text-muted">
        Once the link is used, you count as who let {name} in: where two people have to sign a chunk, you two can’t be the two
        until another admin confirms {name}.
      </p>
    </ConfirmDialog>
  );
}
