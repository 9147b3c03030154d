'use client';

import { useRouter } from 'next/navigation';
import type { FormEvent } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/field.tsx';

/** Asks for an item by what its receipts name, in all batches. What is asked for is in the address. */
export function FindItem({ text }: { text: string }) {
  const router = useRouter();
  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const asked = String(new FormData(event.currentTarget).get('find') ?? '').trim();
    router.push(asked ? `/batches?${new URLSearchParams({ find: asked })}` : '/batches');
  };
  return (
    <form aria-label="Find an item" onSubmit={find} className="mb-4 flex max-w-2xl items-center gap-2">
      <Field label="Find an item by any value of its receipts" hideLabel className="flex-1">
        <Input
          key={text}
          type="search"
          name="find"
          defaultValue={text}
          placeholder="Find an item by any value of its receipts"
          maxLength={200}
        />
      </Field>
      <Button type="submit">Find</Button>
    </form>
  );
}
