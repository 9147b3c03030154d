'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { EntryFrame } from './entry-frame.tsx';

type Props = { name: string; passwordCharsMin: number; action: (input: { password: string }) => Promise<Outcome> };

/** A new password for somebody who has an account. */
export function ResetForm({ name, passwordCharsMin, action }: Props) {
  const [password, setPassword] = useState('');
  const reset = useMutation(writing(['session', 'reset'], action));
  return (
    <EntryFrame
      title={`A new password for ${name}`}
      text="All browsers that are signed in with the old one are signed out. This link works once."
    >
      <form
        className="flex flex-col gap-4"
        // An action, as in SignInForm.
        action={(form) => reset.mutate({ password: String(form.get('password')) })}
      >
        <Field label="New password" hint={`At least ${passwordCharsMin} characters.`} error={reset.error?.message}>
          <Input
            type="password"
            name="password"
            required
            minLength={passwordCharsMin}
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
        <Button type="submit" early kind="primary" pending={reset.isPending || reset.isSuccess}>
          Continue
        </Button>
      </form>
    </EntryFrame>
  );
}
