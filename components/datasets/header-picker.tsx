'use client';

import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { classes } from '#components/ui/classes.ts';
import { Field, Select, Tick } from '#components/ui/field.tsx';
import { layoutWords } from './reading-words.ts';
import { sourceLines } from './source-lines.tsx';

type Props = {
  datasetId: string;
  /** 0: no line names the columns */
  value: number;
  /** lines that are no part of the table */
  aside: readonly number[];
  /** the line that was read as the names of the columns, and these: a workbook has no text of it that could be shown */
  read: { line: number; names: readonly string[] };
  disabled: boolean;
  onChange: (line: number) => void;
};

/** Lines that are offered as the one that names the columns. */
const OFFERED = 12;

/** The first lines of the file: one of them names the columns, and what is above it is put aside. */
export function HeaderPicker({ datasetId, value, aside, read, disabled, onChange }: Props) {
  const name = useId();
  const offered = Array.from({ length: Math.max(OFFERED, value) }, (_, index) => index + 1).slice(0, Math.max(OFFERED, value));
  const shown = [...offered.slice(0, OFFERED), ...(value > OFFERED ? [value] : [])];
  const { data } = useQuery({ ...sourceLines(datasetId, shown), enabled: !disabled });
  if (disabled || !data || data.lines.length === 0)
    return (
      <Field label="The line that names the columns" hideLabel>
        <Select value={value} disabled={disabled} onChange={(event) => onChange(Number(event.target.value))}>
          {[0, ...shown].map((line) => (
            <option key={line} value={line}>
              {layoutWords('header', line)}
            </option>
          ))}
        </Select>
      </Field>
    );
  const texts = new Map(data.lines.map(({ line, text }) => [line, text]));
  // What begins no row of a workbook is offered too: it may be the line that names the columns.
  const known = Math.max(...texts.keys());
  const lines = [
    { line: 0, text: layoutWords('header', 0) },
    ...shown
      .filter((line) => line <= known || line === value)
      .map((line) => ({ line, text: texts.get(line) ?? (line === read.line ? read.names.join(',') : '') })),
  ];
  return (
    <fieldset className="max-h-64 min-w-0 overflow-y-auto rounded-md border border-control">
      <legend className="sr-only">The line that names the columns</legend>
      {lines.map(({ line, text }) => {
        const isAside = line > 0 && (line < value || aside.includes(line));
        return (
          <label
            key={line}
            className={classes('row-item flex items-center gap-2 px-2', value === line ? 'bg-selected' : 'hover:bg-sunken')}
          >
            <Tick type="radio" name={name} checked={value === line} onChange={() => onChange(line)} />
            {line === 0 ? null : <span className="w-5 shrink-0 text-right text-12 text-muted">{line}</span>}
            <span className={classes('min-w-0 truncate', line > 0 && 'font-mono text-12', isAside && 'text-muted line-through')}>
              {text || ' '}
            </span>
            {isAside ? <span className="ml-auto shrink-0 text-12 text-muted">put aside</span> : null}
          </label>
        );
      })}
    </fieldset>
  );
}
