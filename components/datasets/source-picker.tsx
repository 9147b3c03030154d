'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { SourceOffer } from '#lib/steps/connections/read-connections.ts';

type Props = {
  sources: readonly SourceOffer[];
  onRead: (connection: string, place: string) => Promise<Outcome<{ id: string }>>;
  onDone: (dataset: { id: string }) => void;
  onRefused: () => void;
};

/** A place of a connection, read into a dataset: the folder of a mailbox. Where a test found none, its name is typed. */
export function SourcePicker({ sources, onRead, onDone, onRefused }: Props) {
  const [first] = sources;
  const [chosen, setChosen] = useState(first?.id ?? '');
  const [place, setPlace] = useState('');
  const read = useMutation({
    ...writing(['datasets', 'source'], () => onRead(chosen, place)),
    onSuccess: onDone,
    onError: onRefused,
  });
  const source = sources.find(({ id }) => id === chosen) ?? first;
  if (!source) return null;
  return (
    <section aria-labelledby="source" className="flex flex-col gap-2">
      <h2 id="source" className="font-medium">
        {source.words}
      </h2>
      <form
        className="grid max-w-2xl grid-cols-1 items-end gap-2 sm:grid-cols-[1fr_1fr_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          read.mutate();
        }}
      >
        <Field label="Connection">
          <Select
            value={source.id}
            onChange={({ target }) => {
              setChosen(target.value);
              setPlace('');
            }}
          >
            {sources.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={source.place}>
          {source.found.length > 0 ? (
            <Select value={place} required onChange={({ target }) => setPlace(target.value)}>
              <option value="">Choose one</option>
              {source.found.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
          ) : (
            <Input
              value={place}
              required
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => setPlace(target.value)}
            />
          )}
        </Field>
        <Button type="submit" pending={read.isPending || read.isSuccess}>
          Read it
        </Button>
      </form>
      {read.error ? (
        <p role="alert" className="text-red">
          {read.error.message}
        </p>
      ) : (
        <p className="text-muted">All of it becomes a dataset. {source.unchanged}</p>
      )}
    </section>
  );
}
