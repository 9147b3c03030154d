'use client';

import { Plus, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { isRecord } from '#lib/core/values/stored.ts';
import { JsonText } from './json-text.tsx';
import { freeName, renamed, without } from './pairs.ts';
import { FieldMenu, TemplateText } from './template-field.tsx';
import { TextField } from './typed-field.tsx';
import { typedJson, typedName } from './typed-value.ts';
import { useRowKeys } from './use-row-keys.ts';

type Props = {
  label: string;
  /** what one of them is called: header, member */
  one: string;
  hint?: ReactNode;
  /** where the value is in the plan */
  path: string;
  value: unknown;
  /** what an action without it has; what has no members yet is this */
  absent: unknown;
  rows: number;
  /** of the dataset, for a template's list */
  fields: readonly string[];
  onChange: (value: unknown) => void;
};

const NAME_CHARS_MAX = 200;

/**
 * An object as rows, each with a name and a value: a text with fields in it, or any other value as JSON. Whoever wants the whole as JSON has it, and so has
 * what is no object.
 */
export function PairsField({ label, one, hint, path, value, absent, rows, fields, onChange }: Props) {
  const isAbsent = value === absent || value === null || value === undefined;
  const pairs = isRecord(value) ? value : isAbsent ? {} : null;
  const [raw, setRaw] = useState(pairs === null);
  const names = Object.keys(pairs ?? {});
  const keys = useRowKeys(names.length);
  if (raw || pairs === null)
    return (
      <JsonText
        label={`${label}, as JSON`}
        hint={hint}
        path={path}
        value={value === undefined ? absent : value}
        rows={rows}
        read={typedJson}
        onChange={onChange}
        below={(reads) => (
          <span>
            <Button
              size="small"
              disabled={!reads || pairs === null}
              title={reads && pairs === null ? 'Only an object can be edited in rows.' : undefined}
              onClick={() => setRaw(false)}
            >
              {label} in rows
            </Button>
          </span>
        )}
      />
    );
  const set = (next: Record<string, unknown>) => onChange(Object.keys(next).length === 0 ? absent : next);
  const add = (name: string, text: string) => set({ ...pairs, [freeName(name, names)]: text });
  return (
    <fieldset className="flex min-w-0 flex-col gap-1" data-at={path}>
      <legend className="mb-1 text-12 font-medium">{label}</legend>
      {names.map((name, index) => (
        <div key={keys.keys[index]} className="grid grid-cols-[minmax(6rem,1fr)_2fr_auto] items-start gap-1">
          <TextField
            label={`${label}: name ${index + 1}`}
            hideLabel
            path={`${path}.${name}`}
            value={name}
            write={String}
            read={(text) =>
              typedName(
                text,
                NAME_CHARS_MAX,
                names.filter((other) => other !== name),
              )
            }
            onChange={(to) => set(renamed(pairs, name, to))}
          />
          {typeof pairs[name] === 'string' ? (
            <TemplateText
              aria-label={`${label}: ${name}`}
              data-at={`${path}.${name}`}
              fields={fields}
              value={pairs[name]}
              onChange={(text) => set({ ...pairs, [name]: text })}
            />
          ) : (
            <JsonText
              label={`${label}: ${name}, as JSON`}
              hideLabel
              path={`${path}.${name}`}
              value={pairs[name]}
              rows={1}
              read={typedJson}
              onChange={(next) => set({ ...pairs, [name]: next })}
            />
          )}
          <button
            type="button"
            aria-label={`Remove ${name}`}
            onClick={() => {
              keys.remove(index);
              set(without(pairs, name));
            }}
            className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-text pointer-coarse:size-11"
          >
            <X size={14} aria-hidden="true" />
          </button>
        </div>
      ))}
      {hint ? <p className="text-12 text-muted">{hint}</p> : null}
      <span className="flex flex-wrap gap-1">
        <FieldMenu
          fields={fields}
          onPick={(field) => add(field, `{{${field}}}`)}
          others={[{ id: 'other', label: `Another ${one}`, onSelect: () => add(one, '') }]}
        >
          <Button size="small" icon={<Plus size={14} aria-hidden="true" />}>
            {one.charAt(0).toUpperCase() + one.slice(1)}
          </Button>
        </FieldMenu>
        <Button size="small" kind="ghost" onClick={() => setRaw(true)}>
          {label} as JSON
        </Button>
      </span>
    </fieldset>
  );
}
