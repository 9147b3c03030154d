'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { EntryFrame } from './entry-frame.tsx';

type Props = {
  title: string;
  text: string;
  /** fixed by an invitation */
  email: string | null;
  passwordCharsMin: number;
  action: (input: { name: string; email: string; password: string }) => Promise<Outcome>;
};

/** The first visit, or an invitation: who are you, and a password. */
export function SetupForm({ title, text, email: given, passwordCharsMin, action }: Props) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState(given ?? '');
  const [password, setPassword] = useState('');
  const setup = useMutation(writing(['session', 'setup'], action));
  const problemOf = (field: string) => setup.error?.refusal.problems?.find(({ path }) => path === field)?.message;
  // What has a field of its own is told there.
  const elsewhere = ['name', 'email', 'password'].some(problemOf) ? null : setup.error?.message;
  return (
    <EntryFrame title={title} text={text}>
      <form
        className="flex flex-col gap-4"
        // An action, as in SignInForm.
        action={(form) => {
          const text = (field: string) => String(form.get(field));
          setup.mutate({ name: text('name'), email: text('email'), password: text('password') });
        }}
      >
        <Field label="Your name" hint="Receipts of your decisions carry this name." error={problemOf('name')}>
          <Input name="name" required autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Mail address" error={problemOf('email')}>
          <Input
            type="email"
            name="email"
            required
            readOnly={given !== null}
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </Field>
        <Field label="Password" hint={`At least ${passwordCharsMin} characters.`} error={problemOf('password')}>
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
        {elsewhere ? <Banner kind="danger">{elsewhere}</Banner> : null}
        <Button type="submit" early kind="primary" pending={setup.isPending || setup.isSuccess}>
          Continue
        </Button>
      </form>
    </EntryFrame>
  );
}
