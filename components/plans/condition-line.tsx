'use client';

import { Check, X } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { FieldValue, useFieldLabel } from '#components/datasets/field-labels.tsx';
import { classes } from '#components/ui/classes.ts';
import { Field, Input, Select } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import { useLocale } from '#components/ui/use-locale.ts';
import { OPERATOR_WORDS, OPERATORS_OF, type WhereCondition } from '#lib/core/values/conditions.ts';
import { TEXT } from '#lib/core/values/meaning.ts';
import {
  type Asks,
  asksIn,
  asksOf,
  asksWords,
  fits,
  type Operands,
  operandsOf,
  withField,
  withOperands,
  withOperator,
} from './condition.ts';
import { shownDecimal, typedDecimal, understoodWords } from './decimal-text.ts';
import { useFault, useTyped } from './plan-faults.tsx';
import type { FieldProfile } from './plan-preview.ts';
import { type Typed, typedNumber } from './typed-value.ts';

type Props = {
  /** "Rule 2, condition 1" */
  name: string;
  /** where it stands in the plan */
  path: string;
  condition: WhereCondition;
  fields: FieldProfile[];
  datasetId: string;
  /** the day that a place for a day begins with */
  today: () => string;
  onChange: (condition: WhereCondition) => void;
  /** null for the only one of a rule */
  onRemove: (() => void) | null;
};

/** One condition: field, operator, and what that compares with; beside it what the field's values mean. */
export function ConditionLine({ name, path, condition, fields, datasetId, today, onChange, onRemove }: Props) {
  const [kept, setKept] = useState<Operands>({});
  const label = useFieldLabel();
  const field = fields.find((one) => one.name === condition.field);
  const { meaning, means } = field ?? { meaning: TEXT, means: 'text' };
  const { type } = meaning;
  const change = (next: WhereCondition) => {
    setKept({ ...kept, ...operandsOf(condition) });
    onChange(next);
  };
  const fitting = field === undefined || fits(condition, type);
  useFault(`${path}.is`, fitting ? null : `“${OPERATOR_WORDS[condition.is]}” is not for ${means}.`);

  return (
    <div className="flex min-w-0 flex-wrap items-start gap-1" data-at={path}>
      <Select
        aria-label={`${name}: field`}
        data-at={`${path}.field`}
        value={condition.field}
        onChange={(event) => {
          const next = fields.find((one) => one.name === event.target.value);
          if (next) change(withField(condition, next, kept, today()));
        }}
        className="w-40 max-sm:order-1 max-sm:min-w-32 max-sm:flex-1"
      >
        {field ? null : <option value={condition.field}>{condition.field} (no such field)</option>}
        {fields.map((one) => (
          <option key={one.name} value={one.name}>
            {label(one.name)}
          </option>
        ))}
      </Select>
      <Select
        aria-label={`${name}: operator`}
        data-at={`${path}.is`}
        aria-invalid={!fitting || undefined}
        value={asksIn(condition)}
        onChange={(event) => change(withOperator(condition, event.target.value as Asks, type, kept, today()))}
        className="w-40 max-sm:order-3 max-sm:min-w-32 max-sm:flex-1"
      >
        {fitting ? null : <option value={asksIn(condition)}>{asksWords(asksIn(condition))} (not for this type)</option>}
        {asksOf(type).map((asks) => (
          <option key={asks} value={asks}>
            {asksWords(asks)}
          </option>
        ))}
      </Select>
      <div
        className={classes(
          'flex min-w-0 flex-wrap items-start gap-1 empty:hidden max-sm:order-5 max-sm:basis-full',
          // Text takes what room there is; numbers and days need little.
          OPERATORS_OF.text.includes(condition.is) && 'flex-1',
        )}
      >
        <Places {...{ name, path, condition, field }} onChange={(next) => onChange(withOperands(condition, next))} />
      </div>
      <a
        href={`/datasets/${datasetId}/reading`}
        target="_blank"
        rel="noreferrer"
        title="How this field was read (opens a new tab)"
        className="row-item inline-flex items-center px-1 text-12 whitespace-nowrap text-muted underline-offset-2 hover:underline max-sm:order-4"
      >
        {means}
        <span className="sr-only">: how {label(condition.field)} was read, in a new tab</span>
      </a>
      {onRemove ? (
        <button
          type="button"
          aria-label={`Remove ${name.charAt(0).toLowerCase()}${name.slice(1)}`}
          onClick={onRemove}
          className="flex size-8 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-text max-sm:order-2 pointer-coarse:size-11"
        >
          <X size={14} aria-hidden="true" />
        </button>
      ) : null}
    </div>
  );
}

type PlacesProps = Pick<Props, 'name' | 'path' | 'condition'> & {
  field: FieldProfile | undefined;
  onChange: (change: Operands) => void;
};

/** What the operator compares with. */
function Places({ name, path, condition, field, onChange }: PlacesProps): ReactNode {
  if ('days' in condition)
    return (
      <>
        <TypedInput
          label={`${name}: how many days`}
          path={`${path}.days`}
          value={condition.days}
          read={(text) => typedNumber(text, { min: 0, max: 100_000 })}
          onChange={(days) => onChange({ days })}
          inputMode="numeric"
          className="w-16"
        />
        <span className="leading-8 pointer-coarse:leading-[44px]">{condition.is === 'older_than' ? 'days on' : 'days of'}</span>
        <DayInput label={`${name}: day`} path={`${path}.on`} value={condition.on} onChange={(on) => onChange({ on })} />
      </>
    );
  if ('from' in condition) {
    const { from, to } = condition;
    const dates = field?.meaning.type === 'date';
    const Part = dates ? DayInput : DecimalInput;
    const change = (part: object) => {
      const span = { from, to, ...part };
      onChange(dates ? { dates: span } : { numbers: span });
    };
    return (
      <>
        <Part label={`${name}: from`} path={`${path}.from`} value={from} onChange={(next) => change({ from: next })} />
        <span className="leading-8 pointer-coarse:leading-[44px]">and</span>
        <Part label={`${name}: to`} path={`${path}.to`} value={to} onChange={(next) => change({ to: next })} />
      </>
    );
  }
  if ('values' in condition && condition.values !== undefined)
    return (
      <ValueChips
        {...{ name, path, onChange }}
        values={condition.values}
        condition={condition}
        // A part of a text is not among its frequent values.
        field={condition.is === 'one_of' ? field : undefined}
      />
    );
  if (!('value' in condition) || condition.value === undefined) return null;
  const { is, value } = condition;
  const place = { label: `${name}: value`, path: `${path}.value`, value };
  if (OPERATORS_OF.number.includes(is)) return <DecimalInput {...place} onChange={(number) => onChange({ number })} />;
  if (OPERATORS_OF.date.includes(is)) return <DayInput {...place} onChange={(day) => onChange({ day })} />;
  return <TextPlace {...{ name, place, field, condition, onChange }} />;
}

type PlaceProps<Value> = { label: string; path: string; value: Value; onChange: (value: Value) => void };

function TypedInput<Value extends string | number>({
  label,
  read,
  note,
  className,
  inputMode,
  type = 'text',
  write = String,
  ...place
}: PlaceProps<Value> & {
  read: (text: string) => Typed<Value>;
  write?: (value: Value) => string;
  note?: (text: string) => string | null;
  className: string;
  inputMode?: 'numeric' | 'decimal';
  type?: 'text' | 'date';
}) {
  const { control, error, text } = useTyped({ ...place, read, write });
  return (
    <Field label={label} hideLabel error={error} hint={error ? undefined : note?.(text)} className={className}>
      <Input type={type} inputMode={inputMode} autoComplete="off" spellCheck={false} {...control} />
    </Field>
  );
}

/** A number with the marks of the person's language; what could be two says which it was taken for. */
function DecimalInput(place: PlaceProps<string>) {
  const locale = useLocale();
  return (
    <TypedInput
      {...place}
      read={(text) => typedDecimal(text, locale)}
      write={(value) => shownDecimal(value, locale)}
      note={(text) => understoodWords(text, locale)}
      inputMode="decimal"
      className="w-40"
    />
  );
}

/** A day, picked from the browser's own calendar and in the person's format. */
function DayInput(place: PlaceProps<string>) {
  return (
    <TypedInput
      {...place}
      type="date"
      read={(text) => (text === '' ? { fault: 'A day is needed.' } : { value: text })}
      className="w-40"
    />
  );
}

/** Text, with the field's frequent values at hand. */
function TextPlace({
  name,
  place,
  field,
  condition,
  onChange,
}: Pick<PlacesProps, 'name' | 'condition' | 'field' | 'onChange'> & { place: Omit<PlaceProps<string>, 'onChange'> }) {
  const listId = useId();
  const pattern = condition.is === 'matches';
  return (
    <span className="flex min-w-40 flex-1 gap-1">
      <Input
        aria-label={place.label}
        data-at={place.path}
        value={place.value}
        list={pattern ? undefined : listId}
        placeholder={pattern ? 'a pattern (RE2)' : 'a text'}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange({ text: event.target.value })}
        className={pattern ? 'font-mono text-12' : undefined}
      />
      {pattern ? null : (
        <>
          <datalist id={listId}>
            {field?.top.map(({ value, count }) => (
              <option key={value} value={value}>
                {formatCount(count)}
              </option>
            ))}
          </datalist>
          <ExactToggle name={name} condition={condition} onChange={onChange} />
        </>
      )}
    </span>
  );
}

/** In any case, or exactly as it is written. */
function ExactToggle({ name, condition, onChange }: Pick<PlacesProps, 'name' | 'condition' | 'onChange'>) {
  const exact = 'exact' in condition && condition.exact === true;
  return (
    <button
      type="button"
      aria-pressed={exact}
      aria-label={`${name}: exactly as written`}
      title={exact ? 'Exactly as written. Press to compare in any case.' : 'In any case. Press to compare exactly as written.'}
      onClick={() => onChange({ exact: !exact })}
      className={classes(
        'h-8 shrink-0 rounded-md border px-1.5 text-12 pointer-coarse:h-11 pointer-coarse:min-w-11',
        exact ? 'border-accent bg-selected text-accent' : 'border-transparent text-muted hover:bg-sunken',
      )}
    >
      Aa
    </button>
  );
}

const SUGGESTED = 8;

/** Several values: the chosen ones and the field's frequent ones as buttons, and a place for others. */
function ValueChips({ name, path, field, condition, values, onChange }: PlacesProps & { values: string[] }) {
  const [typed, setTyped] = useState('');
  const frequent = (field?.top ?? []).filter(({ value }) => value !== '').slice(0, SUGGESTED);
  const counts = new Map(frequent.map(({ value, count }) => [value, count]));
  const offered = [...values, ...frequent.map(({ value }) => value).filter((value) => !values.includes(value))];
  const toggle = (value: string) =>
    onChange({ texts: values.includes(value) ? values.filter((one) => one !== value) : [...values, value] });
  const add = () => {
    const value = typed.trim();
    setTyped('');
    if (value !== '' && !values.includes(value)) onChange({ texts: [...values, value] });
  };
  return (
    <fieldset className="flex max-h-48 min-w-40 flex-1 flex-wrap gap-1 overflow-y-auto" data-at={`${path}.values`}>
      <legend className="sr-only">{name}: values</legend>
      {offered.map((value) => {
        const chosen = values.includes(value);
        const count = counts.get(value);
        return (
          <button
            key={value}
            type="button"
            {...(field ? { 'aria-pressed': chosen } : { 'aria-label': `Remove ${value}` })}
            onClick={() => toggle(value)}
            className={classes(
              'row-item inline-flex max-w-60 items-center gap-1 rounded-md border px-2 transition-colors',
              chosen && field ? 'border-accent bg-selected' : 'border-hairline hover:border-control',
              chosen ? 'text-text' : 'text-muted hover:text-text',
            )}
          >
            {chosen && field ? <Check size={12} aria-hidden="true" className="shrink-0 text-accent" /> : null}
            <span className="truncate">
              <FieldValue name={field?.name ?? ''} value={value} />
            </span>
            {count === undefined ? null : <span className="text-12 text-muted">{formatCount(count)}</span>}
            {field ? null : <X size={12} aria-hidden="true" className="shrink-0 text-muted" />}
          </button>
        );
      })}
      <Input
        aria-label={`${name}: another value`}
        value={typed}
        placeholder={field ? 'another value' : 'a text'}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add();
        }}
        className="w-32!"
      />
      <ExactToggle {...{ name, condition, onChange }} />
    </fieldset>
  );
}
