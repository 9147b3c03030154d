'use client';

import type { ReactNode } from 'react';
import { Field, Input } from '#components/ui/field.tsx';
import { type TypedField, useTyped } from './plan-faults.tsx';

type Props<Value> = Omit<TypedField<Value>, 'long'> & {
  label: string;
  hideLabel?: boolean;
  hint?: ReactNode;
  placeholder?: string;
  inputMode?: 'numeric' | 'decimal';
  className?: string;
};

/** One line of text over a value. */
export function TextField<Value>({ label, hideLabel = false, hint, placeholder, inputMode, className, ...field }: Props<Value>) {
  const { control, error } = useTyped(field);
  return (
    <Field label={label} hideLabel={hideLabel} hint={hint} error={error} {...(className ? { className } : {})}>
      <Input placeholder={placeholder} inputMode={inputMode} spellCheck={false} {...control} />
    </Field>
  );
}

/** A number as text, for a number input keeps to itself what is no number; empty where there is none. */
export function NumberField<Value extends number | null>(props: Omit<Props<Value>, 'write'>) {
  return <TextField inputMode="numeric" {...props} write={(value) => String(value ?? '')} />;
}
