'use client';

import { SetupForm } from '#components/people/setup-form.tsx';
import type { Outcome } from '#components/ui/outcome.ts';

type Acceptance = { token: string; name: string; email: string; password: string };
type Props = {
  token: string;
  title: string;
  text: string;
  email: string | null;
  passwordCharsMin: number;
  onAccept: (acceptance: Acceptance) => Promise<Outcome>;
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
