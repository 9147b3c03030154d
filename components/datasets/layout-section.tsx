'use client';

import { useState } from 'react';
import { Field, Input, Select } from '#components/ui/field.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { LayoutSaid } from '#lib/core/values/layout.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { GuessRow, HowSure } from './guess-row.tsx';
import { HeaderPicker } from './header-picker.tsx';
import { type Change, layoutOf, sayLayout } from './reading-change.ts';
import {
  BACKSLASHES,
  DELIMITERS,
  ESCAPES,
  FLAVOURS,
  LAYOUT_GUESSES,
  LAYOUT_LABELS,
  type LayoutGuess,
  LONG,
  layoutWords,
  QUOTES,
  SHORT,
  SUMS,
} from './reading-words.ts';
import { SourceLines } from './source-lines.tsx';

type Props = {
  reading: Reading;
  change: Change;
  /** why the rows can't be read anew; null where they can */
  fixed: string | null;
  /** the character sets that its format can be in */
  charsets: readonly string[];
  onChange: (change: Change) => void;
};

/** How the file is cut into rows: each guess with the control that corrects it. */
export function LayoutSection({ reading, change, fixed, charsets, onChange }: Props) {
  const { layout, dataset } = reading;
  const say = <Key extends keyof LayoutSaid>(key: Key, value: Exclude<LayoutSaid[Key], undefined>) =>
    onChange(sayLayout(change, reading, key, value));
  const changed = (key: keyof LayoutSaid) => change.layout?.[key] !== undefined;
  return (
    <div>
      {LAYOUT_GUESSES.map((key) => {
        const guess = layout[key];
        if (guess === undefined) return null;
        return (
          <GuessRow
            key={key}
            label={LAYOUT_LABELS[key]}
            changed={changed(key)}
            sure={<HowSure datasetId={dataset} guess={guess} />}
          >
            {key === 'header' ? (
              <HeaderPicker
                datasetId={dataset}
                value={Number(layoutOf(change, reading, 'header') ?? 0)}
                aside={layout.aside ?? []}
                read={{ line: layout.header?.value ?? 0, names: reading.fields.map(({ label }) => label) }}
                disabled={fixed !== null}
                onChange={(line) => say('header', line)}
              />
            ) : key === 'last' ? (
              <LastChoice
                value={String(layoutOf(change, reading, key))}
                values={valuesOf(key, guess, charsets)}
                disabled={fixed !== null}
                onChange={(line) => say(key, Number(line))}
              />
            ) : key === 'delimiter' ? (
              <DelimiterChoice
                value={String(layoutOf(change, reading, 'delimiter'))}
                disabled={fixed !== null}
                onChange={(delimiter) => say('delimiter', delimiter)}
              />
            ) : (
              <Choice
                label={LAYOUT_LABELS[key]}
                name={key}
                value={String(layoutOf(change, reading, key))}
                values={valuesOf(key, guess, charsets)}
                disabled={fixed !== null}
                onChange={(value) => say(key, value as never)}
              />
            )}
          </GuessRow>
        );
      })}
      {layout.aside?.length ? <Aside datasetId={dataset} lines={layout.aside} /> : null}
      {(['short', 'long'] as const).map((key) =>
        layout[key] === undefined ? null : (
          <GuessRow
            key={key}
            label={LAYOUT_LABELS[key]}
            changed={changed(key)}
            sure={<span className="text-muted">{fitWords(key, layout)}</span>}
          >
            <Choice
              label={LAYOUT_LABELS[key]}
              name={key}
              value={String(layoutOf(change, reading, key))}
              values={Object.keys(key === 'short' ? SHORT : LONG)}
              disabled={fixed !== null}
              onChange={(value) => say(key, value as never)}
            />
          </GuessRow>
        ),
      )}
      {fixed ? <p className="pt-3 text-muted">{fixed}</p> : null}
    </div>
  );
}

/** Lines that are no rows: above the table and below it, and its names where they come again. */
function Aside({ datasetId, lines }: { datasetId: string; lines: readonly number[] }) {
  const [open, setOpen] = useState(false);
  const shown = lines.slice(0, ASIDE_SHOWN);
  const more = lines.length - shown.length;
  return (
    <GuessRow label="Put aside" changed={false} sure={null}>
      <details className="pt-1.5" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="w-fit cursor-pointer">{formatNoun(lines.length, 'lines')} that are no rows</summary>
        {open ? (
          <SourceLines
            datasetId={datasetId}
            lines={shown}
            caption={more > 0 ? `The first of them; ${formatCount(more)} more` : 'As they stand in the file'}
          />
        ) : null}
      </details>
    </GuessRow>
  );
}

const ASIDE_SHOWN = 20;

type ChoiceProps = {
  label: string;
  name: keyof LayoutSaid;
  value: string;
  values: readonly string[];
  disabled: boolean;
  onChange: (value: string) => void;
};

function Choice({ label, name, value, values, disabled, onChange }: ChoiceProps) {
  return (
    <Field label={label} hideLabel>
      <Select value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)}>
        {[...new Set([value, ...values])].map((one) => (
          <option key={one} value={one}>
            {layoutWords(name, one)}
          </option>
        ))}
      </Select>
    </Field>
  );
}

const OTHER = 'other';

function DelimiterChoice({ value, disabled, onChange }: Pick<ChoiceProps, 'value' | 'disabled' | 'onChange'>) {
  const [typing, setTyping] = useState(false);
  return (
    <div className="flex gap-2">
      <Field label={LAYOUT_LABELS.delimiter} hideLabel className="flex-1">
        <Select
          value={typing ? OTHER : value}
          disabled={disabled}
          onChange={(event) => {
            setTyping(event.target.value === OTHER);
            if (event.target.value !== OTHER) onChange(event.target.value);
          }}
        >
          {[...new Set([value, ...DELIMITERS])].map((one) => (
            <option key={one} value={one}>
              {layoutWords('delimiter', one)}
            </option>
          ))}
          <option value={OTHER}>another…</option>
        </Select>
      </Field>
      {typing ? (
        <Field label="The delimiter" hideLabel className="w-20">
          <Input maxLength={4} placeholder="one sign" onChange={(event) => event.target.value && onChange(event.target.value)} />
        </Field>
      ) : null}
    </div>
  );
}

/** The last row's line: those that come into question, or any other. */
function LastChoice({
  value,
  values,
  disabled,
  onChange,
}: Pick<ChoiceProps, 'value' | 'disabled' | 'onChange'> & { values: string[] }) {
  const [typing, setTyping] = useState(false);
  return (
    <div className="flex gap-2">
      <Field label={LAYOUT_LABELS.last} hideLabel className="flex-1">
        <Select
          value={typing ? OTHER : value}
          disabled={disabled}
          onChange={(event) => {
            setTyping(event.target.value === OTHER);
            if (event.target.value !== OTHER) onChange(event.target.value);
          }}
        >
          {[...new Set([value, '0', ...values])].map((one) => (
            <option key={one} value={one}>
              {layoutWords('last', Number(one))}
            </option>
          ))}
          <option value={OTHER}>with another line…</option>
        </Select>
      </Field>
      {typing ? (
        <Field label="The line of the last row" hideLabel className="w-24">
          <Input
            type="number"
            min={1}
            placeholder="line"
            onChange={(event) => {
              if (/^[1-9]\d*$/.test(event.target.value)) onChange(event.target.value);
            }}
          />
        </Field>
      ) : null}
    </div>
  );
}

function valuesOf(
  key: LayoutGuess,
  guess: { value: unknown; others: { value: unknown }[] },
  charsets: readonly string[],
): string[] {
  const own = [guess.value, ...guess.others.map(({ value }) => value)].map(String);
  if (key === 'quote') return Object.keys(QUOTES);
  if (key === 'escape') return Object.keys(ESCAPES);
  if (key === 'backslashes') return Object.keys(BACKSLASHES);
  if (key === 'sums') return Object.keys(SUMS);
  if (key === 'flavour') return Object.keys(FLAVOURS);
  return key === 'charset' ? [...own, ...charsets] : own;
}

/** What became of rows that don't fit. Those that can't be read are not counted by what is wrong with them. */
function fitWords(key: 'short' | 'long', layout: Reading['layout']): string {
  if (layout[key] === 'refuse') return 'listed as unreadable rows';
  const rows = (key === 'short' ? layout.filled : layout.cut) ?? 0;
  return rows === 0 ? 'none' : `${rows.toLocaleString('en-US')} ${key === 'short' ? 'filled up' : 'cut'}`;
}
