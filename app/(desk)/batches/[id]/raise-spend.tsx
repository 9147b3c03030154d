'use client';

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { resumeAction } from '#app/(desk)/batches/actions.ts';
import { useActed } from '#app/(desk)/use-acted.ts';
import { spendWords } from '#components/batches/words.ts';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import { writing } from '#components/ui/writing.ts';
import type { Spend } from '#lib/shapes/models.ts';

/** Lets a batch that stopped at what it may cost go on with more. */
export function RaiseSpend({ batchId, spend }: { batchId: string; spend: Spend }) {
  const [text, setText] = useState(String(2 * spend.atMost));
  const acted = useActed();
  const amount = Number(text);
  const raise = useMutation(writing(['batches', batchId, 'raise'], () => acted(resumeAction({ batchId, atMost: amount }))));
  return (
    <form
      className="mt-3 flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        raise.mutate();
      }}
    >
      <Field label={`What it may cost, in ${spend.currency}`} hint={spendWords(spend)} error={raise.error?.message}>
        <Input value={text} inputMode="decimal" onChange={({ target }) => setText(target.value)} className="w-32" />
      </Field>
      <Button type="submit" kind="primary" pending={raise.isPending} disabled={!(amount > spend.atMost)}>
        Raise and resume
      </Button>
    </form>
  );
}
