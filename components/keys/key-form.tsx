'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { ShownOnce } from '#components/ui/shown-once.tsx';
import { writing } from '#components/ui/writing.ts';
import type { KeyRole } from '#lib/core/people/roles.ts';
import type { KeyMade, NewKeyInput } from '#lib/shapes/keys.ts';
import { batchesNamed } from './batches-named.ts';

type Props = {
  /** what a key of this person may do at most */
  roles: readonly KeyRole[];
  daysMax: number;
  onMake: (key: NewKeyInput) => Promise<Outcome<KeyMade>>;
};

const DAYS = [7, 30, 90, 365];

/** Makes a key: what it is for, what it may do, for how long, and for which batches. The key is shown once. */
export function KeyForm({ roles, daysMax, onMake }: Props) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<KeyRole>('auditor');
  const [days, setDays] = useState(90);
  const [batches, setBatches] = useState('');
  const make = useMutation(writing(['keys', 'make'], onMake));
  const problemOf = (field: string) => make.error?.refusal.problems?.find(({ path }) => path.startsWith(field))?.message;
  const elsewhere = ['name', 'role', 'days', 'batches'].some(problemOf) ? null : make.error?.message;
  const { ids, unread } = batchesNamed(batches);
  return (
    <form
      className="flex max-w-3xl flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (unread !== null) return;
        make.mutate(
          { name, role, days, ...(ids.length > 0 ? { batches: ids } : {}) },
          {
            onSuccess: () => {
              setName('');
              setBatches('');
            },
          },
        );
      }}
    >
      <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-[1fr_10rem_10rem]">
        <Field label="What uses it" error={problemOf('name')}>
          <Input required autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field
          label="It acts as"
          error={problemOf('role')}
          hint={role === 'agent' ? 'It classifies chunks, and does nothing else.' : undefined}
        >
          <Select value={role} onChange={(event) => setRole(event.target.value as KeyRole)}>
            {roles.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        </Field>
        <Field label="It ends after" error={problemOf('days')}>
          <Select value={days} onChange={(event) => setDays(Number(event.target.value))}>
            {DAYS.filter((one) => one <= daysMax).map((one) => (
              <option key={one} value={one}>
                {one} days
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <Field
        label="Only for these batches"
        hint="Addresses or ids of batches, with spaces or commas between them. Left empty, it gets at everything that its role may see."
        error={unread ?? problemOf('batches')}
      >
        <Input autoComplete="off" value={batches} onChange={(event) => setBatches(event.target.value)} />
      </Field>
      {elsewhere ? (
        <p role="alert" className="text-red">
          {elsewhere}
        </p>
      ) : null}
      <div>
        <Button type="submit" pending={make.isPending}>
          Make a key
        </Button>
      </div>
      {make.data ? (
        <ShownOnce
          key={make.data.id}
          label={`Key “${make.data.name}”`}
          hint="Put it where the program finds it. It is not shown again."
          value={make.data.key}
          copy="Copy the key"
        />
      ) : null}
    </form>
  );
}
