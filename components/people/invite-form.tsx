'use client';

import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { useAct } from '#components/ui/use-act.ts';
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
  const invite = useAct(onInvite);
  return (
    <form
      className="flex max-w-2xl flex-col gap-3"
      onSubmit={async (event) => {
        event.preventDefault();
        const outcome = await invite.run({ email, role });
        if (!outcome.ok) return;
        setMade({ email, link: outcome.value.link });
        setEmail('');
      }}
    >
      <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-[1fr_16rem]">
        <Field label="Mail address" error={invite.refusal?.message}>
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
        <Button type="submit" kind="primary" pending={invite.pending}>
          Make an invitation link
        </Button>
      </div>
      {made ? <LinkToHandOver key={made.link} {...made} /> : null}
    </form>
  );
}
