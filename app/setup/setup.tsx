'use client';

import type { ComponentProps } from 'react';
import { SetupForm } from '#components/people/setup-form.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import type { AcceptSetupLinkInput } from '#lib/steps/people/accept-setup-link.ts';

type Props = Omit<ComponentProps<typeof SetupForm>, 'action'> & {
  token: string;
  onAccept: (acceptance: AcceptSetupLinkInput) => Promise<Outcome>;
};

/** The form, and then the start page in the place of this one, whose address holds the token. */
export function Setup({ token, onAccept, ...form }: Props) {
  return (
    <SetupForm
      {...form}
      action={async (input) => {
        const answer = await onAccept({ token, ...input });
        if (answer.ok) window.location.replace('/');
        return answer;
      }}
    />
  );
}
