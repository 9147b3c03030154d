'use client';

import { useState } from 'react';
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
  return (
    // As an action, React keeps what is sent before the page's script is there: the browser would ask for another address with it.
    <form
      aria-label="Search"
      action={(form) => onFind(String(form.get('text') ?? '').trim())}
      className="flex min-w-48 flex-1 items-center gap-2 sm:max-w-md"
    >
      <Field label={label} hideLabel className="flex-1">
        <SearchInput key={value} label={label} value={value ?? ''} />
      </Field>
      <Button type="submit" early>
        Find
      </Button>
    </form>
  );
}

function SearchInput({ label, value }: { label: string; value: string }) {
  const [text, setText] = useState(value);
  return (
    <Input
      type="search"
      name="text"
      value={text}
      onChange={(event) => setText(event.target.value)}
      placeholder={label}
      maxLength={200}
    />
  );
}
