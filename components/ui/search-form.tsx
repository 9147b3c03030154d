'use client';

import type { FormEvent } from 'react';
import { Button } from './button.tsx';
import { Field, Input } from './field.tsx';

type Props = {
  /** what is searched: "Search the rows" */
  label: string;
  /** what is searched for now */
  value: string | undefined;
  /** without the spaces around it; empty searches for nothing */
  onFind: (text: string) => void;
};

/** A search over what is below it, begun by Enter or its button. */
export function SearchForm({ label, value, onFind }: Props) {
  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onFind(String(new FormData(event.currentTarget).get('text') ?? '').trim());
  };
  return (
    <form aria-label="Search" onSubmit={find} className="flex min-w-48 flex-1 items-center gap-2 sm:max-w-md">
      <Field label={label} hideLabel className="flex-1">
        <Input key={value} type="search" name="text" defaultValue={value} placeholder={label} maxLength={200} />
      </Field>
      <Button type="submit">Find</Button>
    </form>
  );
}
