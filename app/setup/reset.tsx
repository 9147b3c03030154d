'use client';

import { ResetForm } from '#components/people/reset-form.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import type { AcceptResetLinkInput } from '#lib/steps/people/accept-reset-link.ts';

type Props = {
  token: string;
  name: string;
  passwordCharsMin: number;
  onAccept: (reset: AcceptResetLinkInput) => Promise<Outcome>;
};

/** The form, and then the start page in the place of this one, whose address holds the token. */
export function Reset({ token, onAccept, ...form }: Props) {
  return (
    <ResetForm
      {...form}
      action={async ({ password }) => {
        const answer = await onAccept({ token, password });
        if (answer.ok) window.location.replace('/');
        return answer;
      }}
    />
  );
}
