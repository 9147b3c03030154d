'use client';

import { useRef, useState } from 'react';
import { Button } from './button.tsx';
import { Field, Input } from './field.tsx';

type Props = { label: string; hint: string; value: string /** what the button says */; copy: string };

/** A secret that is shown once, to be copied. */
export function ShownOnce({ label, hint, value, copy }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [told, setTold] = useState('');

  // Over plain http on another machine there is no clipboard: then it is selected for the person to copy.
  const take = async () => {
    field.current?.select();
    const copied = await navigator.clipboard?.writeText(value).then(
      () => true,
      () => false,
    );
    setTold(copied ? 'Copied.' : 'Selected: copy it with Ctrl C or Cmd C.');
  };

  return (
    <div className="flex flex-col gap-2 rounded-md border border-green bg-surface p-3">
      <Field label={label} hint={hint}>
        <Input ref={field} readOnly value={value} className="font-mono" />
      </Field>
      <p className="flex items-center gap-3">
        <Button onClick={take}>{copy}</Button>
        <span role="status" className="text-muted">
          {told}
        </span>
      </p>
    </div>
  );
}
