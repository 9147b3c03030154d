'use client';

import { SignInForm } from '#components/people/sign-in-form.tsx';
import type { Outcome } from '#components/ui/outcome.ts';

type Props = { next: string; onSignIn: (credentials: { email: string; password: string }) => Promise<Outcome> };

/** The form, and then a whole new page: nothing that was rendered for nobody stays. */
export function SignIn({ next, onSignIn }: Props) {
  return (
    <SignInForm
      action={async (credentials) => {
        const answer = await onSignIn(credentials);
        if (answer.ok) window.location.assign(next);
        return answer;
      }}
    />
  );
}
