'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Checkbox, Field, Input, Select } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { ShownOnce } from '#components/ui/shown-once.tsx';
import { writing } from '#components/ui/writing.ts';
import type { AgentScope, KeyRole } from '#lib/core/people/roles.ts';
import type { KeyMade, NewKeyInput } from '#lib/shapes/keys.ts';
import { batchesNamed } from './batches-named.ts';
import { SCOPE_WORDS } from './scope-words.ts';

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
  const [scopes, setScopes] = useState<readonly AgentScope[]>(['work']);
  const [days, setDays] = useState(90);
  const [batches, setBatches] = useState('');
  const make = useMutation(writing(['keys', 'make'], onMake));
  const problemOf = (field: string) => make.error?.refusal.problems?.find(({ path }) => path.startsWith(field))?.message;
  const elsewhere = ['name', 'role', 'scopes', 'days', 'batches'].some(problemOf) ? null : make.error?.message;
  const { ids, unread } = batchesNamed(batches);
  return (
    <form
      className="flex max-w-3xl flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (unread !== null || (role === 'agent' && scopes.length === 0)) return;
        make.mutate(
          {
            name,
            role,
            days,
            ...(role === 'agent' ? { scopes: [...scopes] } : {}),
            ...(ids.length > 0 ? { batches: ids } : {}),
          },
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
        <Field label="It acts as" error={problemOf('role')}>
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
      {role === 'agent' ? <Scopes chosen={scopes} problem={problemOf('scopes')} onChoose={setScopes} /> : null}
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

type ScopesProps = {
  chosen: readonly AgentScope[];
  problem: string | undefined;
  onChoose: (scopes: readonly AgentScope[]) => void;
};

/** What an agent's key may do, in plain words. None of it decides anything. */
function Scopes({ chosen, problem, onChoose }: ScopesProps) {
  const toggle = (scope: AgentScope, on: boolean) => {
    const without = chosen.filter((one) => one !== scope && (scope !== 'supervise' || one !== 'start'));
    onChoose(on ? [...chosen, scope] : without);
  };
  const error = chosen.length === 0 ? 'Choose at least one.' : problem;
  return (
    <fieldset className="flex flex-col">
      <legend className="text-12 font-medium text-text">What it may do as an agent</legend>
      {SCOPE_WORDS.map(({ scope, words }) => (
        <Checkbox
          key={scope}
          label={words}
          className={scope === 'start' ? 'ml-6' : undefined}
          checked={chosen.includes(scope)}
          disabled={scope === 'start' && !chosen.includes('supervise')}
          onChange={(event) => toggle(scope, event.target.checked)}
        />
      ))}
      <p className="text-12 text-muted">It never approves, releases or answers what is uncertain, and sees no sample or mark.</p>
      {error ? (
        <p role="alert" className="text-12 text-red">
          {error}
        </p>
      ) : null}
    </fieldset>
  );
}
