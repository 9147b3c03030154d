'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { EntryFrame } from './entry-frame.tsx';

/** Sign in. The caller goes on to the page that was asked for once `action` says yes. */
export function SignInForm({ action }: { action: (input: { email: string; password: string }) => Promise<Outcome> }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation(writing(['session', 'sign-in'], action));
  return (
    <EntryFrame title="Sign in">
      <form
        className="flex flex-col gap-4"
        // As an action, React keeps what is sent before the page's script is there: without it the browser would send the password in an address.
        action={(form) => signIn.mutate({ email: String(form.get('email')), password: String(form.get('password')) })}
      >
        <Field label="Mail address">
          <Input
            type="email"
            name="email"
            required
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </Field>
        <Field label="Password" error={signIn.error?.message}>
          <Input
            type="password"
            name="password"
            required
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
        <Button type="submit" kind="primary" pending={signIn.isPending || signIn.isSuccess}>
          Continue
        </Button>
      </form>
    </EntryFrame>
  );
}
