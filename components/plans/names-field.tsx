'use client';

import { type ReactNode, useId } from 'react';
import { Checkbox } from '#components/ui/field.tsx';
import { EMPTY_BOX } from './empty-box.ts';

type Props = {
  label: string;
  hint: ReactNode;
  path: string;
  /** of the action: names, or whatever stands there */
  value: unknown;
  /** of the dataset */
  fields: readonly string[];
  /** undefined leaves the value out of the action */
  onChange: (value: string[] | undefined) => void;
};

/** Fields of the dataset to tick. What is named and is no field of it stays ticked, so that it can be taken away. */
export function NamesField({ label, hint, path, value, fields, onChange }: Props) {
  const hinted = useId();
  const named = Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
  const offered = [...fields, ...named.filter((name) => !fields.includes(name))];
  return (
    <fieldset className="min-w-0" data-at={path} aria-describedby={hinted}>
      <legend className="text-12 font-medium">{label}</legend>
      <div className="flex max-h-40 flex-wrap gap-x-4 overflow-y-auto">
        {offered.map((name) => (
          <Checkbox
            key={name}
            className={EMPTY_BOX}
            label={fields.includes(name) ? name : `${name} (no field of the dataset)`}
            checked={named.includes(name)}
            onChange={({ target }) => {
              const now = offered.filter((one) => (one === name ? target.checked : named.includes(one)));
              onChange(now.length > 0 ? now : undefined);
            }}
          />
        ))}
      </div>
      <p id={hinted} className="text-12 text-muted">
        {hint}
      </p>
    </fieldset>
  );
}
