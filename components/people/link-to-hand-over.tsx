'use client';

import { useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/field.tsx';

/** A one-time link, shown once, for the admin to copy: no mail is sent from here. */
export function LinkToHandOver({ email, link }: { email: string; link: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [told, setTold] = useState('');

  // Over plain http on another machine there is no clipboard: then the link is selected for the person to copy.
  const copy = async () => {
    field.current?.select();
    const copied = await navigator.clipboard?.writeText(link).then(
      () => true,
      () => false,
    );
    setTold(copied ? 'Copied.' : 'Selected: copy it with Ctrl C or Cmd C.');
  };

  return (
    <div className="flex flex-col gap-2 rounded-md border border-green bg-surface p-3">
      <Field label={`Link for ${email}`} hint="Hand the link over. It works once and is not shown again.">
        <Input ref={field} readOnly value={link} className="font-mono" />
      </Field>
      <p className="flex items-center gap-3">
        <Button onClick={copy}>Copy the link</Button>
        <span role="status" className="text-muted">
          {told}
        </span>
      </p>
    </div>
  );
}
