'use client';

import { type ReactNode, useId, useState } from 'react';
import { Checkbox, Field, Input, Select } from '#components/ui/field.tsx';
import type { Action } from '#lib/core/plans/plan.ts';
import type { PlanForms } from '#lib/steps/plans/plan-forms.ts';
import {
  type ActionForm,
  choiceOf,
  choicesOf,
  type FormField,
  formOf,
  shownFields,
  valueAt,
  withValue,
  withVerb,
} from './action-form.ts';
import { EMPTY_BOX } from './empty-box.ts';
import { NamesField } from './names-field.tsx';
import { numbersOf } from './pairs.ts';
import { PairsField } from './pairs-field.tsx';
import { TemplateText } from './template-field.tsx';
import { NumberField, TextField } from './typed-field.tsx';
import { typedNumberOr } from './typed-value.ts';

type Props = {
  name: string;
  /** where the action is in the plan: "categories.0.action" */
  path: string;
  action: Action | null;
  forms: PlanForms;
  fields: string[];
  onChange: (action: Action | null) => void;
};

/** What happens to every item of one category, once a person approved it: the form of its connector. */
export function ActionEditor({ name, path, action: value, forms, fields, onChange }: Props) {
  /** the actions of the other choices as they were left */
  const [left, setLeft] = useState<Record<string, Action | null>>({});
  const choices = choicesOf(forms);
  const chosen = choiceOf(forms, value);
  const known = value === null || choices.some((one) => one.value === chosen);
  const form = value === null ? undefined : formOf(forms, value);
  return (
    <div className="grid min-w-0 items-start gap-2 xl:grid-cols-[17rem_1fr]">
      <Select
        aria-label={`${name}: action`}
        value={chosen}
        onChange={(event) => {
          const made = choices.find((one) => one.value === event.target.value)?.make(fields) ?? null;
          setLeft({ ...left, [chosen]: value });
          onChange(left[event.target.value] ?? made);
        }}
      >
        {known ? null : <option value={chosen}>{chosen}</option>}
        <option value="">Do nothing</option>
        {choices.map((one) => (
          <option key={one.value} value={one.value}>
            {one.words}
          </option>
        ))}
      </Select>
      {value !== null && form && form.fields.length > 0 ? (
        <ActionFields
          key={form.connector}
          {...{ path, form, value, fields, onChange }}
          connections={forms.connections.filter(({ connector }) => connector === form.connector)}
        />
      ) : null}
    </div>
  );
}

type FieldsProps = {
  path: string;
  form: ActionForm;
  value: Action;
  fields: string[];
  connections: PlanForms['connections'];
  onChange: (action: Action) => void;
};

function ActionFields({ path, form, value, fields, connections, onChange }: FieldsProps) {
  /** what the verb has no place for, for when it is another one */
  const [kept, setKept] = useState<Action['with']>({});
  const shown = shownFields(form, value);
  const told = shown.find(({ template }) => template);
  const draw = (field: FormField) => (
    <ActionField
      key={field.at}
      {...{ path, field, value, fields, connections }}
      inline={form.inline ?? false}
      hint={field === told ? <TemplateHint fields={fields} /> : field.hint}
      onChange={(next) => {
        if (field.at !== 'do') return onChange(withValue(value, field.at, next));
        const changed = withVerb(form, value, String(next), kept);
        setKept(changed.kept);
        onChange(changed.action);
      }}
    />
  );
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {shown.map((field, index) => {
        if (shown[index - 1]?.beside) return null;
        const next = field.beside ? shown[index + 1] : undefined;
        return next ? (
          <div key={field.at} className="grid grid-cols-[6.5rem_1fr] gap-2">
            {draw(field)}
            {draw(next)}
          </div>
        ) : (
          draw(field)
        );
      })}
    </div>
  );
}

type FieldProps = {
  path: string;
  field: FormField;
  value: Action;
  /** of the dataset */
  fields: readonly string[];
  connections: PlanForms['connections'];
  inline: boolean;
  hint: ReactNode;
  /** undefined leaves the value out of the action */
  onChange: (value: unknown) => void;
};

function ActionField({ path, field, value: action, fields, connections, inline, hint, onChange }: FieldProps) {
  const value = valueAt(action, field.at);
  /** what a ticked box stands for, for when it is ticked again */
  const [ticked, setTicked] = useState<unknown>(true);
  const at = `${path}.${field.at}`;
  const found = connections.find(({ name }) => name === action.connection)?.offers?.places ?? [];
  if (field.kind === 'tick')
    return (
      <Checkbox
        className={EMPTY_BOX}
        label={field.label}
        hint={hint}
        checked={Boolean(value)}
        onChange={(event) => {
          if (value) setTicked(value);
          onChange(event.target.checked ? ticked : false);
        }}
      />
    );
  if (field.kind === 'part')
    return (
      <Checkbox
        className={EMPTY_BOX}
        label={field.label}
        hint={hint}
        data-at={at}
        checked={value !== undefined && value !== null}
        onChange={(event) => {
          if (!event.target.checked) setTicked(value);
          onChange(event.target.checked ? (ticked === true ? field.begins : ticked) : undefined);
        }}
      />
    );
  if (field.kind === 'pairs')
    return (
      <PairsField
        label={field.label}
        one={field.one}
        hint={hint}
        path={at}
        value={value}
        absent={field.absent}
        rows={field.rows}
        fields={field.template ? fields : []}
        onChange={(next) => onChange(field.omitted && next === field.absent ? undefined : next)}
      />
    );
  if (field.kind === 'numbers')
    return (
      <TextField
        label={field.label}
        hint={hint}
        path={at}
        value={Array.isArray(value) ? value : null}
        write={(numbers) => (numbers ?? []).join(', ')}
        read={numbersOf}
        onChange={onChange}
      />
    );
  if (field.kind === 'number')
    return (
      <NumberField
        label={field.label}
        hint={hint}
        path={at}
        placeholder={String(field.absent)}
        value={typeof value === 'number' ? value : null}
        read={(text) => typedNumberOr(text, null, { min: field.min, max: field.max })}
        onChange={(number) => onChange(number ?? undefined)}
      />
    );
  if (field.kind === 'names')
    return <NamesField label={field.label} hint={hint} path={at} value={value} fields={fields} onChange={onChange} />;
  return (
    <Field label={field.label} hint={hint} inline={inline}>
      {field.kind === 'offered' ? (
        <OfferedText
          at={at}
          offered={connections.find(({ name }) => name === action.connection)?.offers?.[field.offer] ?? []}
          value={textOf(value)}
          onChange={onChange}
        />
      ) : field.kind === 'connection' ? (
        <Select data-at={at} value={textOf(value)} onChange={(event) => onChange(event.target.value || null)}>
          <option value="">{field.absent}</option>
          {textOf(value) === '' || connections.some(({ name }) => name === value) ? null : <option>{textOf(value)}</option>}
          {connections.map(({ name, address }) => (
            <option key={name} value={name}>
              {name} ({address})
            </option>
          ))}
        </Select>
      ) : field.kind === 'found' ? (
        <Select data-at={at} value={textOf(value)} onChange={(event) => onChange(event.target.value)}>
          <option value="">{field.absent}</option>
          {textOf(value) === '' || found.includes(textOf(value)) ? null : <option>{textOf(value)}</option>}
          {found.map((place) => (
            <option key={place}>{place}</option>
          ))}
        </Select>
      ) : field.kind === 'choice' ? (
        <Select data-at={at} value={textOf(value)} onChange={(event) => onChange(event.target.value)}>
          {field.of.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Select>
      ) : (
        <TemplateText
          data-at={at}
          long={field.kind === 'text'}
          fields={field.template ? fields : []}
          value={textOf(value ?? (field.kind === 'line' ? field.absent : undefined))}
          {...(field.kind === 'line' && field.placeholder !== undefined ? { placeholder: field.placeholder } : {})}
          {...(field.kind === 'line' && field.exact ? { spellCheck: false } : {})}
          onChange={(text) => onChange(field.kind === 'line' && field.emptyIsNone && text === '' ? null : text)}
        />
      )}
    </Field>
  );
}

type OfferedProps = {
  at: string;
  offered: readonly { name: string; columns: string[]; key: string[] }[];
  value: string;
  onChange: (value: string) => void;
};

/** A text, with what was found at the target to choose from; what is chosen is told in its parts. */
function OfferedText({ at, offered, value, onChange }: OfferedProps) {
  const listed = useId();
  const chosen = offered.find(({ name }) => name === value);
  return (
    <>
      <Input
        data-at={at}
        list={listed}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
      <datalist id={listed}>
        {offered.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {chosen ? (
        <p className="mt-1 text-12 wrap-anywhere text-muted">
          {chosen.key.length > 0 ? `Its key is ${chosen.key.join(', ')}. ` : 'It has no primary key. '}
          Its columns are {chosen.columns.join(', ')}.
        </p>
      ) : null}
    </>
  );
}

function TemplateHint({ fields }: { fields: string[] }) {
  return (
    <>
      A field goes in double braces:{' '}
      {fields
        .slice(0, 3)
        .map((field) => `{{${field}}}`)
        .join(', ')}
      {fields.length > 3 ? ', …' : ''}
    </>
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
