'use client';

import { useMutation } from '@tanstack/react-query';
import { ConfirmDialog } from '#components/ui/dialog.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { PersonRow } from '#lib/shapes/people.ts';

type Props = {
  person: Pick<PersonRow, 'id' | 'name' | 'email'>;
  onClose: () => void;
  onDisable: (person: { personId: string }) => Promise<Outcome>;
};

/** Before somebody is put out: what ends at once, and what runs on. */
export function DisableDialog({ person, onClose, onDisable }: Props) {
  const { id, name, email } = person;
  const disable = useMutation(writing(['people', id, 'disable'], () => onDisable({ personId: id })));
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Disable ${name}?`}
      description={`${email} can't sign in until an admin enables the account again.`}
      confirm={`Disable ${name}`}
      kind="danger"
      pending={disable.isPending}
      error={disable.error?.message ?? null}
      onConfirm={() => disable.mutate(undefined, { onSuccess: onClose })}
    >
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
        <dt className="font-medium">Ends at once</dt>
        <dd>
          Every session, live page, upload, download and API key of {name}, open invitations that {name} made, and open
          invitations for this address.
        </dd>
        <dt className="font-medium">Runs on</dt>
        <dd>
          Batches that {name} started and chunks that {name} approved. Pause or stop them on their own pages. A request that is
          under way may still finish.
        </dd>
        <dt className="font-medium">Stays</dt>
        <dd>The name, in receipts and decisions.</dd>
      </dl>
    </ConfirmDialog>
  );
}
