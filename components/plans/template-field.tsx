'use client';

import { type ComponentProps, type ReactNode, useRef } from 'react';
import { useFieldLabel } from '#components/datasets/field-labels.tsx';
import { Button } from '#components/ui/button.tsx';
import { Input, Textarea } from '#components/ui/field.tsx';
import { Menu } from '#components/ui/menu.tsx';

type Props = {
  /** fields of the dataset that may stand in it; empty: none may */
  fields: readonly string[];
  value: string;
  onChange: (value: string) => void;
  /** several lines */
  long?: boolean;
} & Pick<ComponentProps<'input'>, 'placeholder' | 'spellCheck' | 'aria-label'> & { 'data-at'?: string };

/** A text in which a field of the dataset may stand in double braces: typed, or picked from a list and put where the caret is. */
export function TemplateText({ fields, value, onChange, long = false, ...rest }: Props) {
  const control = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const insert = (field: string) => {
    const { selectionStart: from, selectionEnd: to } = control.current ?? { selectionStart: null, selectionEnd: null };
    const [start, end] = from === null || to === null ? [value.length, value.length] : [from, to];
    onChange(`${value.slice(0, start)}{{${field}}}${value.slice(end)}`);
  };
  const wiring = { ...rest, ref: control, value };
  return (
    <span className="flex min-w-0 items-start gap-1">
      {long ? (
        <Textarea rows={1} {...(wiring as ComponentProps<'textarea'>)} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <Input {...(wiring as ComponentProps<'input'>)} onChange={(event) => onChange(event.target.value)} />
      )}
      {fields.length > 0 ? (
        <FieldMenu fields={fields} onPick={insert}>
          <Button size="small" className="mt-1 shrink-0" aria-label="Insert a field" title="Insert a field">
            {'{ }'}
          </Button>
        </FieldMenu>
      ) : null}
    </span>
  );
}

type MenuProps = {
  fields: readonly string[];
  onPick: (field: string) => void;
  /** what comes after the fields */
  others?: { id: string; label: ReactNode; onSelect: () => void }[];
  children: ComponentProps<typeof Menu>['trigger'];
};

/** The fields of the dataset, by the names that people read. */
export function FieldMenu({ fields, onPick, others = [], children }: MenuProps) {
  const label = useFieldLabel();
  return (
    <Menu
      align="start"
      trigger={children}
      items={[
        ...fields.map((field) => ({ id: `field:${field}`, label: label(field), onSelect: () => onPick(field) })),
        ...others,
      ]}
    />
  );
}
