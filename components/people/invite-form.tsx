'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { ROLES, type Role } from '#lib/core/people/roles.ts';
import { LinkToHandOver } from './link-to-hand-over.tsx';
import { ROLE_WORDS } from './roles.ts';

/** Makes a one-time link for somebody, with their role. The link is shown once, to be handed over. */
export function InviteForm({
  onInvite,
}: {
  onInvite: (invitation: { email: string; role: Role }) => Promise<Outcome<{ link: string }>>;
}) {
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('reviewer');
  const [made, setMade] = useState<{ email: string; link: string } | null>(null);
  const invite = useMutation(writing(['people', 'invite'], onInvite));
  return (
    <form
      className="flex max-w-2xl flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        invite.mutate(
          { email, role },
          {
            onSuccess: ({ link }) => {
              setMade({ email, link });
              setEmail('');
            },
          },
        );
      }}
    >
      <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-[1fr_16rem]">
        <Field label="Mail address" error={invite.error?.message}>
          <Input type="email" required autoComplete="off" value={email} onChange={(event) => setEmail(event.target.value)} />
        </Field>
        <Field label="Role" hint={ROLE_WORDS[role]}>
          <Select value={role} onChange={(event) => setRole(event.target.value as Role)}>
            {ROLES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        </Field>
      </div>
      <div>
        <Button type="submit" kind="primary" pending={invite.isPending}>
          Make an invitation link
        </Button>
      </div>
      {made ? <LinkToHandOver key={made.link} {...made} /> : null}
    </form>
  );
}
