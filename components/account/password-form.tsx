'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';

type Props = {
  passwordCharsMin: number;
  onChange: (change: { old: string; password: string }) => Promise<Outcome<{ ended: number }>>;
};

/** Another password, with the old one; all other browsers are signed out by it. */
export function PasswordForm({ passwordCharsMin, onChange }: Props) {
  const [old, setOld] = useState('');
  const [password, setPassword] = useState('');
  const change = useMutation(writing(['account', 'password'], onChange));
  const problemOf = (field: string) => change.error?.refusal.problems?.find(({ path }) => path === field)?.message;
  const elsewhere = ['old', 'password'].some(problemOf) ? null : change.error?.message;
  return (
    <form
      className="flex max-w-md flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate(
          { old, password },
          {
            onSuccess: () => {
              setOld('');
              setPassword('');
            },
          },
        );
      }}
    >
      <Field label="Old password" error={problemOf('old')}>
        <Input
          type="password"
          required
          autoComplete="current-password"
          value={old}
          onChange={(event) => setOld(event.target.value)}
        />
      </Field>
      <Field label="New password" hint={`At least ${passwordCharsMin} characters.`} error={problemOf('password')}>
        <Input
          type="password"
          required
          minLength={passwordCharsMin}
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </Field>
      {elsewhere ? (
        <p role="alert" className="text-red">
          {elsewhere}
        </p>
      ) : null}
      <p className="flex flex-wrap items-center gap-3">
        <Button type="submit" pending={change.isPending}>
          Change the password
        </Button>
        <span role="status" className="text-muted">
          {change.data
            ? `Changed. ${change.data.ended === 0 ? 'No other browser was signed in.' : 'All other browsers are signed out.'}`
            : ''}
        </span>
      </p>
    </form>
  );
}
