'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Select } from '#components/ui/field.tsx';
import { Glyph } from '#components/ui/glyph.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Instant } from '#components/ui/relative-time.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { writing } from '#components/ui/writing.ts';
import { isRemoved } from '#lib/core/people/removed.ts';
import { ROLES, type Role } from '#lib/core/people/roles.ts';
import type { PersonRow } from '#lib/shapes/people.ts';
import { DisableDialog } from './disable-dialog.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { ResetDialog } from './reset-dialog.tsx';
import { ResetFactorsDialog } from './reset-factors-dialog.tsx';
import { ROLE_WORDS } from './roles.ts';

type Props = {
  people: PersonRow[];
  onRole: (change: { personId: string; role: Role }) => Promise<Outcome>;
  onDisable: (person: { personId: string }) => Promise<Outcome>;
  onEnable: (person: { personId: string }) => Promise<Outcome>;
  onConfirm: (person: { personId: string }) => Promise<Outcome>;
  onReset: (person: { personId: string }) => Promise<Outcome<{ link: string }>>;
  onResetFactors: (person: { personId: string }) => Promise<Outcome>;
  onRemove: (person: { personId: string; reason: string }) => Promise<Outcome<{ erasure: string }>>;
};

/** The people, what each may do, and who is kept out. Nobody changes their own role or disables themselves. */
export function PeopleList({ people, onRole, onDisable, onEnable, onConfirm, onReset, onResetFactors, onRemove }: Props) {
  const [removing, setRemoving] = useState<PersonRow | null>(null);
  const [resetting, setResetting] = useState<PersonRow | null>(null);
  const [without, setWithout] = useState<PersonRow | null>(null);
  const [leaving, setLeaving] = useState<PersonRow | null>(null);
  const change = useMutation(writing(['people', 'role'], onRole));
  const enable = useMutation(writing(['people', 'enable'], onEnable));
  const confirm = useMutation(writing(['people', 'confirm'], onConfirm));
  const refusal = change.error ?? enable.error ?? confirm.error;
  return (
    <div className="flex flex-col gap-2">
      <Table
        caption="People"
        head={
          <>
            <HeadCell>Name</HeadCell>
            <HeadCell>Address</HeadCell>
            <HeadCell>Role</HeadCell>
            <HeadCell>Since</HeadCell>
            <HeadCell>Invited by</HeadCell>
            <HeadCell>Signing in</HeadCell>
          </>
        }
      >
        {people.map((person) => (
          <Row key={person.id}>
            <Cell className="font-medium">
              {person.name}
              {person.self ? <span className="ml-2 font-normal text-muted">you</span> : null}
            </Cell>
            <Cell>{isRemoved(person) ? '–' : person.email}</Cell>
            <Cell>
              {person.self || isRemoved(person) ? (
                <span title={ROLE_WORDS[person.role]}>{person.role}</span>
              ) : (
                <Field label={`Role of ${person.name}`} hideLabel className="w-36">
                  <Select
                    value={person.role}
                    onChange={(event) => change.mutate({ personId: person.id, role: event.target.value as Role })}
                  >
                    {ROLES.map((role) => (
                      <option key={role}>{role}</option>
                    ))}
                  </Select>
                </Field>
              )}
            </Cell>
            <Cell className="whitespace-nowrap text-muted">
              <Instant iso={person.createdAt} />
            </Cell>
            <Cell className="whitespace-nowrap">
              <span className="flex items-center gap-2 text-muted">
                {person.invitedBy ?? '–'}
                {person.confirmedBy ? (
                  <span title={`${person.confirmedBy} vouches for ${person.name}`}>✓ {person.confirmedBy}</span>
                ) : null}
                {person.confirmable ? (
                  <Button
                    size="small"
                    aria-label={`Confirm ${person.name}`}
                    title={`Vouch that ${person.name} is somebody of their own. ${person.name} and ${person.invitedBy} can then both sign a chunk.`}
                    pending={confirm.isPending && confirm.variables.personId === person.id}
                    onClick={() => confirm.mutate({ personId: person.id })}
                  >
                    Confirm
                  </Button>
                ) : null}
              </span>
            </Cell>
            <Cell className="whitespace-nowrap">
              {isRemoved(person) ? (
                <span className="flex items-center gap-2 text-muted">
                  <Glyph name="–" />
                  Removed
                </span>
              ) : person.disabledAt !== null ? (
                <span className="flex items-center gap-2 text-muted">
                  <Glyph name="–" />
                  Disabled since <Instant iso={person.disabledAt} />
                  <Button
                    size="small"
                    aria-label={`Enable ${person.name}`}
                    pending={enable.isPending && enable.variables.personId === person.id}
                    onClick={() => enable.mutate({ personId: person.id })}
                  >
                    Enable
                  </Button>
                  <Button size="small" aria-label={`Remove the account of ${person.name}…`} onClick={() => setRemoving(person)}>
                    Remove…
                  </Button>
                </span>
              ) : person.self ? null : (
                <span className="flex gap-2">
                  <Button size="small" aria-label={`Reset the password of ${person.name}…`} onClick={() => setResetting(person)}>
                    Reset password…
                  </Button>
                  {person.secondFactor ? (
                    <Button
                      size="small"
                      aria-label={`Reset the second factor of ${person.name}…`}
                      onClick={() => setWithout(person)}
                    >
                      Reset second factor…
                    </Button>
                  ) : null}
                  <Button size="small" aria-label={`Disable ${person.name}…`} onClick={() => setLeaving(person)}>
                    Disable…
                  </Button>
                </span>
              )}
            </Cell>
          </Row>
        ))}
      </Table>
      {refusal ? (
        <p role="alert" className="text-red">
          {refusal.message}
        </p>
      ) : null}
      {resetting ? (
        <ResetDialog key={resetting.id} person={resetting} onClose={() => setResetting(null)} onReset={onReset} />
      ) : null}
      {without ? (
        <ResetFactorsDialog key={without.id} person={without} onClose={() => setWithout(null)} onReset={onResetFactors} />
      ) : null}
      {removing ? (
        <RemoveDialog key={removing.id} person={removing} onClose={() => setRemoving(null)} onRemove={onRemove} />
      ) : null}
      {leaving ? (
        <DisableDialog key={leaving.id} person={leaving} onClose={() => setLeaving(null)} onDisable={onDisable} />
      ) : null}
    </div>
  );
}
