'use client';

import type { ReactNode } from 'react';
import { Field, Textarea } from '#components/ui/field.tsx';
import { type TypedField, useTyped } from './plan-faults.tsx';

type Props<Value> = Omit<TypedField<Value>, 'write' | 'long'> & {
  label: string;
  hint?: ReactNode;
  rows: number;
  hideLabel?: boolean;
  /** what stands below it, told whether what is typed reads */
  below?: (reads: boolean) => ReactNode;
};

/** A value as JSON text; `read` says which JSON it may be. */
export function JsonText<Value>({ label, hint, rows, hideLabel = false, below, ...field }: Props<Value>) {
  const { control, text, error } = useTyped({ ...field, write: (value) => JSON.stringify(value, null, 2), long: true });
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <Field label={label} hint={hint} error={error} hideLabel={hideLabel}>
        <Textarea
          rows={Math.max(rows, Math.min(16, text.split('\n').length))}
          spellCheck={false}
          className="font-mono text-12"
          {...control}
        />
      </Field>
      {below?.(!error)}
    </div>
  );
}
