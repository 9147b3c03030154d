'use client';

import type { ComponentProps } from 'react';
import { SignInForm } from '#components/people/sign-in-form.tsx';

type Props = Omit<ComponentProps<typeof SignInForm>, 'onDone'> & { next: string };

/** The form, and then a whole new page: nothing that was rendered for nobody stays. */
export function SignIn({ next, ...acts }: Props) {
  return <SignInForm {...acts} onDone={() => window.location.assign(next)} />;
}
