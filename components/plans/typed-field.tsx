'use client';

import type { ReactNode } from 'react';
import { Field, Input } from '#components/ui/field.tsx';
import { useTyped } from './plan-faults.tsx';
import type { Typed } from './typed-value.ts';

type Props<Value> = {
  label: string;
  hint?: ReactNode;
  path: string;
  placeholder?: string;
  inputMode?: 'numeric' | 'decimal';
  className?: string;
  value: Value;
  write: (value: Value) => string;
  read: (text: string) => Typed<Value>;
  onChange: (value: Value) => void;
};

/** One line of text over a value. */
export function TextField<Value>({ label, hint, placeholder, inputMode, className, ...field }: Props<Value>) {
  const { control, error } = useTyped(field);
  return (
    <Field label={label} hint={hint} error={error} {...(className ? { className } : {})}>
      <Input placeholder={placeholder} inputMode={inputMode} spellCheck={false} {...control} />
    </Field>
  );
}

/** A number as text, for a number input keeps to itself what is no number; empty where there is none. */
export function NumberField<Value extends number | null>(props: Omit<Props<Value>, 'write'>) {
  return <TextField inputMode="numeric" {...props} write={(value) => String(value ?? '')} />;
}
