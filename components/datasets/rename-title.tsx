'use client';

import { useMutation } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';

type Props = {
  datasetId: string;
  name: string;
  /** null for whoever may not */
  onRename: ((name: string) => Promise<Outcome>) | null;
};

/** A dataset's name, that is changed where it stands. */
export function RenameTitle({ datasetId, name, onRename }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const rename = useMutation({
    ...writing(['datasets', datasetId, 'rename'], onRename),
    onSuccess: () => setTyped(null),
  });
  if (onRename === null) return name;
  if (typed === null)
    return (
      <span className="inline-flex max-w-full items-center gap-2">
        <span className="min-w-0 break-words">{name}</span>
        <button
          type="button"
          aria-label="Rename"
          title="Rename"
          onClick={() => setTyped(name)}
          className="rounded-md p-1 text-muted hover:bg-sunken hover:text-text pointer-coarse:p-3"
        >
          <Pencil size={14} aria-hidden="true" />
        </button>
      </span>
    );
  const wanted = typed.trim();
  const save = () => (wanted === name || wanted === '' ? setTyped(null) : rename.mutate(wanted));
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setTyped(null);
    if (event.key === 'Enter') {
      event.preventDefault();
      save();
    }
  };
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Field label="Name of the dataset" hideLabel error={rename.error?.message} className="w-96 max-w-full">
        <Input
          value={typed}
          maxLength={NAME_CHARS_MAX}
          autoFocus
          onFocus={(event) => event.target.select()}
          onKeyDown={onKey}
          onChange={(event) => setTyped(event.target.value)}
        />
      </Field>
      <Button size="small" pending={rename.isPending} disabled={wanted === ''} onClick={save}>
        Rename
      </Button>
      <Button size="small" kind="ghost" onClick={() => setTyped(null)}>
        Cancel
      </Button>
    </span>
  );
}

/** A longer name of a file is cut when it arrives. */
const NAME_CHARS_MAX = 200;
