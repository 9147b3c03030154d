'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { Connection } from '#lib/shapes/connections.ts';
import { Tested } from './connection-list.tsx';

type Method = 'GET' | 'HEAD';
type Props = {
  connection: Connection;
  /** what it does, where it takes nothing to ask for */
  does: string | null;
  onTest: (asked: { method: Method; path: string }) => Promise<Outcome<NonNullable<Connection['tested']>>>;
};

/** More than so many are opened by whoever wants to see them. */
const FOUND_OPEN_MAX = 20;

/** Sends a harmless request with the credential. */
export function ConnectionTest({ connection, does, onTest }: Props) {
  const [method, setMethod] = useState<Method>('GET');
  const [path, setPath] = useState('');
  const test = useMutation(writing(['connections', connection.id, 'test'], onTest));
  const tested = test.data ?? connection.tested;
  return (
    <section aria-labelledby="test" className="flex max-w-2xl flex-col gap-3">
      <h2 id="test" className="text-16 font-medium">
        Test
      </h2>
      <p className="text-muted">
        {does ?? 'Sends one request with the secret, which changes nothing, to the address or to a place under it.'}
      </p>
      <form
        className="grid grid-cols-[6rem_1fr] items-end gap-2 sm:grid-cols-[6rem_1fr_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          test.mutate({ method, path });
        }}
      >
        {does === null ? (
          <>
            <Field label="Method">
              <Select value={method} onChange={({ target }) => setMethod(target.value as Method)}>
                <option>GET</option>
                <option>HEAD</option>
              </Select>
            </Field>
            <Field label="What to ask for (empty: the address itself)">
              <Input value={path} autoComplete="off" spellCheck={false} onChange={({ target }) => setPath(target.value)} />
            </Field>
          </>
        ) : null}
        <Button type="submit" pending={test.isPending}>
          Test
        </Button>
      </form>
      <p role="status">
        {test.error ? <span className="text-red">{test.error.message}</span> : <Tested connection={{ tested }} />}
      </p>
      {tested?.ok && tested.found.length > 0 ? (
        <div className="flex flex-col gap-2">
          <p>{tested.reason}</p>
          <details open={tested.found.length <= FOUND_OPEN_MAX}>
            <summary className="cursor-pointer font-medium">Found there: {tested.found.length}</summary>
            <ul className="mt-1 border-l border-line pl-3">
              {tested.found.map((place) => (
                <li key={place} className="wrap-anywhere">
                  {place}
                </li>
              ))}
            </ul>
          </details>
        </div>
      ) : null}
    </section>
  );
}
