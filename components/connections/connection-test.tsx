'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import { formatNoun } from '#components/ui/format.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { Connection } from '#lib/shapes/connections.ts';
import { Tested } from './connection-list.tsx';

type Method = 'GET' | 'HEAD';
type Props = {
  connection: Connection;
  /** what it does, where it takes nothing to ask for */
  does: string | null;
  onTest: (asked: { method: Method; path: string }) => Promise<Found>;
  /** makes what is missing at the target */
  onPrepare: () => Promise<Found>;
};
type Found = Outcome<NonNullable<Connection['tested']>>;

/** More than so many are opened by whoever wants to see them. */
const FOUND_OPEN_MAX = 20;
const ACTING_NAMED = 10;

/** Sends a harmless request with the credential, and shows what it found and what is missing there. */
export function ConnectionTest({ connection, does, onTest, onPrepare }: Props) {
  const [method, setMethod] = useState<Method>('GET');
  const [path, setPath] = useState('');
  const test = useMutation(writing(['connections', connection.id, 'test'], onTest));
  const prepare = useMutation(writing(['connections', connection.id, 'prepare'], onPrepare));
  const tested = prepare.data ?? test.data ?? connection.tested;
  const error = prepare.error ?? test.error;
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
          prepare.reset();
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
      <p role="status">{error ? <span className="text-red">{error.message}</span> : <Tested connection={{ tested }} />}</p>
      {tested?.ok && tested.offers ? <p>{tested.reason}</p> : null}
      {tested?.offers ? (
        <Offered offers={tested.offers} pending={prepare.isPending} onPrepare={() => prepare.mutate(undefined)} />
      ) : null}
    </section>
  );
}

type OfferedProps = {
  offers: NonNullable<NonNullable<Connection['tested']>['offers']>;
  pending: boolean;
  onPrepare: () => void;
};

function Offered({
  offers: { statements = [], mayPrepare = false, tables = [], places = [] },
  pending,
  onPrepare,
}: OfferedProps) {
  const acting = tables.filter(({ triggers = [] }) => triggers.length > 0);
  return (
    <>
      {statements.length > 0 ? (
        <div className="flex flex-col items-start gap-2">
          <p>Somebody who may runs this there, once:</p>
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
            tabIndex={0}
            className="w-full overflow-auto rounded-md bg-sunken p-2 font-mono text-12 leading-[18px]"
          >
            {statements.join('\n')}
          </pre>
          {mayPrepare ? (
            <Button onClick={onPrepare} pending={pending}>
              Create it
            </Button>
          ) : null}
        </div>
      ) : null}
      {acting.length > 0 ? (
        <Banner kind="warning">
          {acting.length === 1 ? 'This table has' : 'These tables have'} triggers or rules of{' '}
          {acting.length === 1 ? 'its' : 'their'} own:{' '}
          {acting.slice(0, ACTING_NAMED).map(({ name, triggers = [] }, index) => (
            <span key={name} className="wrap-anywhere">
              {index > 0 ? '; ' : ''}
              <span className="font-mono text-12">{name}</span> ({triggers.join(', ')})
            </span>
          ))}
          {acting.length > ACTING_NAMED ? `; and ${formatNoun(acting.length - ACTING_NAMED, 'tables')} more` : ''}. What they do
          when a row is changed is not shown before it is done, and an undo takes back the row alone.
        </Banner>
      ) : null}
      {tables.length > 0 ? (
        <details>
          <summary className="w-fit text-12 text-muted hover:text-text">{formatNoun(tables.length, 'tables')}</summary>
          <ul className="mt-1 font-mono text-12 leading-[18px]">
            {tables.map(({ name, key }) => (
              <li key={name} className="wrap-anywhere">
                {name} <span className="text-muted">{key.length > 0 ? `(${key.join(', ')})` : '(no primary key)'}</span>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      {places.length > 0 ? (
        <details open={places.length <= FOUND_OPEN_MAX}>
          <summary className="w-fit text-12 text-muted hover:text-text">Found there: {places.length}</summary>
          <ul className="mt-1 border-l border-line pl-3 text-12">
            {places.map((place) => (
              <li key={place} className="wrap-anywhere">
                {place}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}
