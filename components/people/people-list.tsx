'use client';

import { Field, Select } from '#components/ui/field.tsx';
import { formatInstant } from '#components/ui/format.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { useAct } from '#components/ui/use-act.ts';
import { ROLE_WORDS, ROLES, type Role } from './roles.ts';

export type PersonRow = { id: string; name: string; email: string; role: Role; createdAt: string; self: boolean };

/** The people, and what each may do. Nobody changes their own role. */
export function PeopleList({
  people,
  onRole,
}: {
  people: PersonRow[];
  onRole: ((change: { id: string; role: Role }) => Promise<Outcome>) | null;
}) {
  const change = useAct(onRole ?? (async () => ({ ok: true as const, value: null })));
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
          </>
        }
      >
        {people.map((person) => (
          <Row key={person.id}>
            <Cell className="font-medium">
              {person.name}
              {person.self ? <span className="ml-2 font-normal text-muted">you</span> : null}
            </Cell>
            <Cell>{person.email}</Cell>
            <Cell>
              {onRole && !person.self ? (
                <Field label={`Role of ${person.name}`} hideLabel className="w-36">
                  <Select
                    value={person.role}
                    onChange={(event) => void change.run({ id: person.id, role: event.target.value as Role })}
                  >
                    {ROLES.map((role) => (
                      <option key={role}>{role}</option>
                    ))}
                  </Select>
                </Field>
              ) : (
                <span title={ROLE_WORDS[person.role]}>{person.role}</span>
              )}
            </Cell>
            <Cell className="whitespace-nowrap text-muted">{formatInstant(person.createdAt)}</Cell>
          </Row>
        ))}
      </Table>
      {change.refusal ? (
        <p role="alert" className="text-red">
          {change.refusal.message}
        </p>
      ) : null}
    </div>
  );
}
