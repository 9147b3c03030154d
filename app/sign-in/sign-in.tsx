'use client';

import type { ComponentProps } from 'react';
import { SignInForm } from '#components/people/sign-in-form.tsx';

type Props = Omit<ComponentProps<typeof SignInForm>, 'onDone' | 'provider'> & { next: string; provider: string | null };

/** The form, and then a whole new page: nothing that was rendered for nobody stays. */
export function SignIn({ next, provider, ...acts }: Props) {
  const begin = `/api/auth/oidc/begin?next=${encodeURIComponent(next)}`;
  return (
    <SignInForm
      {...acts}
      provider={provider === null ? null : { name: provider, begin }}
      onDone={() => window.location.assign(next)}
    />
  );
}
