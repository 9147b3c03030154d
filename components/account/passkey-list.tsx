'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Instant } from '#components/ui/relative-time.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { writing } from '#components/ui/writing.ts';
import { PASSKEY_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import type { FactorsView } from '#lib/shapes/people.ts';
import { type AskedForNew, usePasskey } from './device.ts';
import { useProven } from './proof.tsx';

type Props = {
  passkeys: FactorsView['passkeys'];
  onBegin: (nothing: object) => Promise<Outcome<AskedForNew>>;
  onAdd: (made: { name: string; passkey: unknown }) => Promise<Outcome>;
  onRemove: (which: { passkeyId: string }) => Promise<Outcome>;
};

/** One’s own passkeys, and a form for another one. */
export function PasskeyList({ passkeys, onBegin, onAdd, onRemove }: Props) {
  const proven = useProven();
  const device = usePasskey();
  const [name, setName] = useState('');
  const add = useMutation(writing(['account', 'passkey', 'add'], (made: { name: string; passkey: unknown }) => onAdd(made)));
  const remove = useMutation(
    writing(['account', 'passkey', 'remove'], (which: { passkeyId: string }) => proven(() => onRemove(which))),
  );
  const make = async () => {
    add.reset();
    remove.reset();
    const passkey = await device.make(() => proven(() => onBegin({})));
    if (passkey) add.mutate({ name, passkey }, { onSuccess: () => setName('') });
  };
  const fault = remove.error?.message ?? add.error?.message ?? device.fault;
  return (
    <div className="flex flex-col gap-3">
      {passkeys.length > 0 ? (
        <Table
          caption="Passkeys"
          head={
            <>
              <HeadCell>Passkey</HeadCell>
              <HeadCell>For</HeadCell>
              <HeadCell>Since</HeadCell>
              <HeadCell>Last used</HeadCell>
              <HeadCell>Remove</HeadCell>
            </>
          }
        >
          {passkeys.map((passkey) => (
            <Row key={passkey.id}>
              <Cell className="font-medium">{passkey.name}</Cell>
              <Cell>{passkey.host}</Cell>
              <Cell className="whitespace-nowrap text-muted">
                <Instant iso={passkey.since} />
              </Cell>
              <Cell className="whitespace-nowrap text-muted">
                {passkey.lastUsed ? <Instant iso={passkey.lastUsed} /> : 'never'}
              </Cell>
              <Cell>
                <Button
                  size="small"
                  aria-label={`Remove the passkey ${passkey.name}`}
                  pending={remove.isPending && remove.variables.passkeyId === passkey.id}
                  onClick={() => remove.mutate({ passkeyId: passkey.id })}
                >
                  Remove
                </Button>
              </Cell>
            </Row>
          ))}
        </Table>
      ) : null}
      <form
        className="flex max-w-md flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <Field label="Name of a new passkey" className="flex-1">
          <Input
            required
            maxLength={PASSKEY_NAME_CHARS_MAX}
            autoComplete="off"
            placeholder="Laptop"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
        <Button type="submit" pending={device.waits || add.isPending}>
          Add a passkey
        </Button>
      </form>
      {fault ? (
        <p role="alert" className="text-red">
          {fault}
        </p>
      ) : null}
    </div>
  );
}
