'use client';

import { useId } from 'react';
import { Field, Input, Select } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { DATE_ORDERS, FIELD_TYPES, type FieldGuess, type NumberFormat } from '#lib/core/values/meaning.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { HowSure } from './guess-row.tsx';
import { type Change, fieldWith, sayField } from './reading-change.ts';
import {
  CENTURIES,
  centuryWords,
  guessesOf,
  numberPattern,
  ORDER_EXAMPLES,
  ORDER_WORDS,
  TYPE_HINTS,
  TYPE_WORDS,
} from './reading-words.ts';

type Props = {
  reading: Pick<Reading, 'dataset' | 'fields'>;
  change: Change;
  disabled: boolean;
  onChange: (change: Change) => void;
};

/** What the values of each field mean, with the controls that correct it. */
export function FieldsSection({ reading, change, disabled, onChange }: Props) {
  const zones = useId();
  return (
    <>
      <datalist id={zones}>
        <option value="local" />
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <Table
        caption="Fields"
        head={
          <>
            <HeadCell>Field</HeadCell>
            <HeadCell>Its values are</HeadCell>
            <HeadCell>Written as</HeadCell>
            <HeadCell>How sure</HeadCell>
            <HeadCell>Can’t be read so</HeadCell>
          </>
        }
      >
        {reading.fields.map((field) => (
          <FieldRow
            key={field.name}
            datasetId={reading.dataset}
            field={field}
            now={fieldWith(change, field)}
            changed={change.fields?.some(({ name }) => name === field.name) ?? false}
            zones={zones}
            disabled={disabled}
            onSay={(said) => onChange(sayField(change, field, said))}
          />
        ))}
      </Table>
    </>
  );
}

type Said = Parameters<typeof sayField>[2];
type RowProps = {
  datasetId: string;
  field: FieldGuess;
  /** with what was said of it */
  now: FieldGuess;
  changed: boolean;
  zones: string;
  disabled: boolean;
  onSay: (said: Said) => void;
};

function FieldRow({ datasetId, field, now, changed, zones, disabled, onSay }: RowProps) {
  const [leastSure] = guessesOf(field);
  return (
    <Row className="align-top">
      <Cell className="max-w-56 font-medium break-words">
        <span className="block pt-1.5">
          {field.label}
          {changed ? <span className="ml-2 text-12 font-normal text-accent">changed</span> : null}
        </span>
      </Cell>
      <Cell className="min-w-36">
        <Field label={`Type of ${field.label}`} hideLabel>
          <Select
            value={now.type.value}
            disabled={disabled}
            title={TYPE_HINTS[now.type.value]}
            onChange={(event) => onSay({ type: event.target.value as FieldGuess['type']['value'] })}
          >
            {FIELD_TYPES.map((type) => (
              <option key={type} value={type}>
                {TYPE_WORDS[type]}
              </option>
            ))}
          </Select>
        </Field>
      </Cell>
      <Cell className="min-w-52">
        <Written field={now} zones={zones} disabled={disabled} onSay={onSay} />
      </Cell>
      <Cell className="min-w-56">
        <div className="pt-1.5">{leastSure ? <HowSure datasetId={datasetId} guess={leastSure} /> : null}</div>
      </Cell>
      <Cell className="min-w-40">
        <Unreadable field={field} />
      </Cell>
    </Row>
  );
}

const GROUPS: NumberFormat['group'][] = ['', '.', ',', ' ', "'"];

function Written({ field, zones, disabled, onSay }: Pick<RowProps, 'field' | 'zones' | 'disabled' | 'onSay'>) {
  const { type, date, number, label } = field;
  if (type.value === 'date' && date)
    return (
      <div className="flex flex-col gap-1">
        <Field label={`Order of the dates of ${label}`} hideLabel>
          <Select
            value={date.order.value}
            disabled={disabled}
            onChange={(event) => onSay({ date: { order: event.target.value as (typeof DATE_ORDERS)[number] } })}
          >
            {DATE_ORDERS.map((order) => (
              <option key={order} value={order}>
                {ORDER_EXAMPLES[order]}, {ORDER_WORDS[order]}
              </option>
            ))}
          </Select>
        </Field>
        <details className="text-12">
          <summary className="w-fit cursor-pointer text-muted hover:text-text">
            two digits: {centuryWords(date.century.value)} ·{' '}
            {date.zone.value === 'local' ? 'the planner’s clock' : date.zone.value}
          </summary>
          <div className="mt-1 flex flex-col gap-1">
            <Field label="Years of two digits">
              <Select
                value={date.century.value}
                disabled={disabled}
                onChange={(event) => onSay({ date: { century: Number(event.target.value) } })}
              >
                {[...new Set([date.century.value, ...CENTURIES])].sort().map((century) => (
                  <option key={century} value={century}>
                    {centuryWords(century)}
                  </option>
                ))}
              </Select>
            </Field>
            <Field label="Time zone" hint="“local” is the clock of whoever plans.">
              <Input
                key={date.zone.value}
                defaultValue={date.zone.value}
                list={zones}
                disabled={disabled}
                onBlur={(event) => onSay({ date: { zone: event.target.value.trim() || 'local' } })}
              />
            </Field>
          </div>
        </details>
      </div>
    );
  if (type.value === 'number' && number) {
    const written = (format: NumberFormat) => `${format.decimal}${format.group}`;
    const formats = (['.', ','] as const).flatMap((decimal) =>
      GROUPS.filter((group) => group !== decimal).map((group) => ({ decimal, group })),
    );
    return (
      <Field label={`How the numbers of ${label} are written`} hideLabel>
        <Select
          value={written({ decimal: number.decimal.value, group: number.group.value })}
          disabled={disabled}
          onChange={(event) => onSay({ number: formats.find((format) => written(format) === event.target.value) })}
        >
          {formats.map((format) => (
            <option key={written(format)} value={written(format)}>
              {numberPattern(format)}
            </option>
          ))}
        </Select>
      </Field>
    );
  }
  return <span className="block pt-1.5 text-muted">as it stands</span>;
}

/** How many values are not of the field's type, and the first of them. */
function Unreadable({ field }: { field: FieldGuess }) {
  const { unreadable, examples } = field;
  if (unreadable === 0) return <span className="block pt-1.5 text-muted">none</span>;
  return (
    <details className="pt-1.5">
      <summary className="w-fit cursor-pointer text-amber">{formatCount(unreadable)}</summary>
      <ul className="mt-1 flex flex-col gap-0.5 text-12">
        {examples.map(({ line, value }) => (
          <li key={line} className="flex gap-2">
            <span className="shrink-0 text-muted">line {formatCount(line)}</span>
            <span className="max-w-56 truncate font-mono">{value}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
