'use client';

import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { NewErasureInput } from '#lib/shapes/erasure.ts';
import { KIND_WORDS } from './words.ts';

type Props = { onLook: (wanted: NewErasureInput) => Promise<Outcome<{ id: string }>> };

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** Begins an erasure: a value to look for, or the address of a batch or a dataset that goes whole. */
export function LookForm({ onLook }: Props) {
  const router = useRouter();
  const [kind, setKind] = useState<keyof typeof KIND_WORDS>('value');
  const [text, setText] = useState('');
  const look = useMutation(writing(['erasure', 'look'], onLook));
  const id = UUID.exec(text)?.[0];
  const unread = kind !== 'value' && text.trim() !== '' && id === undefined;
  const problem = look.error?.refusal.problems?.[0]?.message ?? look.error?.message;
  return (
    <form
      className="flex max-w-3xl flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (unread) return;
        look.mutate(kind === 'value' ? { value: text } : { [kind]: id ?? '' }, {
          onSuccess: (made) => router.push(`/admin/erasure/${made.id}`),
        });
      }}
    >
      <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-[16rem_1fr]">
        <Field label="What goes">
          <Select value={kind} onChange={(event) => setKind(event.target.value as keyof typeof KIND_WORDS)}>
            {Object.entries(KIND_WORDS).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </Select>
        </Field>
        <Field
          label={kind === 'value' ? 'A mail address, a name' : `Address or id of the ${kind === 'batch' ? 'batch' : 'dataset'}`}
          hint={
            kind === 'value'
              ? 'It is looked for in every place, letter case aside. You see first where it stands.'
              : 'You see first what goes. Receipts, counts and digests stay.'
          }
          error={unread ? 'There is no id in this.' : problem}
        >
          <Input required autoComplete="off" value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
      </div>
      <div>
        <Button type="submit" pending={look.isPending}>
          Look first
        </Button>
      </div>
    </form>
  );
}
