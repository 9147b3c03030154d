'use client';

import { useMutation } from '@tanstack/react-query';
import { Button } from '#components/ui/button.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Instant } from '#components/ui/relative-time.tsx';
import { writing } from '#components/ui/writing.ts';
import type { InvitationRow } from '#lib/shapes/people.ts';

type Props = {
  invitations: InvitationRow[];
  onWithdraw: (invitation: { email: string }) => Promise<Outcome>;
};

/** The links that are out. A withdrawn one opens nothing any more. */
export function InvitationList({ invitations, onWithdraw }: Props) {
  const withdraw = useMutation(writing(['people', 'withdraw'], onWithdraw));
  return (
    <>
      {invitations.length > 0 ? (
        <ul aria-label="Open invitations" className="flex flex-col gap-2 text-muted">
          {invitations.map(({ email, role, expiresAt }) => (
            <li key={email} className="flex flex-wrap items-center gap-2">
              {email}, {role}: the link works until <Instant iso={expiresAt} />
              <Button
                size="small"
                aria-label={`Withdraw the invitation for ${email}`}
                pending={withdraw.isPending && withdraw.variables.email === email}
                onClick={() => withdraw.mutate({ email })}
              >
                Withdraw
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      {withdraw.error ? (
        <p role="alert" className="text-red">
          {withdraw.error.message}
        </p>
      ) : null}
    </>
  );
}
