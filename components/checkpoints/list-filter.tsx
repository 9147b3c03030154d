'use client';

import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { queries } from '#components/api-client.ts';
import { useFieldLabel } from '#components/datasets/field-labels.tsx';
import { reasonWords } from '#components/plans/reason-words.ts';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Outside } from '#components/ui/outside.tsx';
import { FILTER_TEXT_CHARS_MAX } from '#lib/core/limits.ts';
import { beginOf } from '#lib/core/values/legible.ts';
import type { ListColumns } from '#lib/shapes/chunk-items.ts';
import type { OfChunk } from './checkpoint-view.ts';
import { BY_WORDS, filterWords, isFiltered, type ListAsked, MARK_WORDS, NOT_FILTERED, SAMPLE_WORDS } from './list-asked.ts';

type Props = {
  of: OfChunk;
  asked: ListAsked;
  category: string;
  fields: ListColumns['fields'];
  onChange: (change: Partial<ListAsked>) => void;
};

/** From and below, as the address has them. */
const CONFIDENCE = [
  { id: 'below-0.5', words: 'below 0.5', from: null, below: 0.5 },
  { id: 'below-0.6', words: 'below 0.6', from: null, below: 0.6 },
  { id: 'below-0.8', words: 'below 0.8', from: null, below: 0.8 },
  { id: 'from-0.8', words: '0.8 and above', from: 0.8, below: null },
] as const;

/** What narrows the list: what decided, values, how sure, marks, corrections. Each choice is asked for at once. */
export function ListFilter({ of, asked, category, fields, onChange }: Props) {
  const label = useFieldLabel();
  const [field, setField] = useState(fields[0]?.name ?? '');
  const { data: reasons, error } = useQuery(queries.chunks.reasons.queryOptions({ input: of }));
  const own = (reasons?.items ?? []).filter(({ categories, why }) => Object.hasOwn(categories, category) || why === asked.why);
  const confidence = CONFIDENCE.find(({ from, below }) => from === asked.from && below === asked.below);
  const choice = <Name extends 'by' | 'mark' | 'sample'>(
    name: Name,
    title: string,
    words: Record<NonNullable<ListAsked[Name]>, string>,
  ) => (
    <Field label={title}>
      <Select
        value={asked[name] ?? ''}
        onChange={(event) => onChange({ [name]: (event.target.value || null) as ListAsked[Name] } as Partial<ListAsked>)}
      >
        <option value="">any</option>
        {Object.entries<string>(words).map(([value, said]) => (
          <option key={value} value={value}>
            {said}
          </option>
        ))}
      </Select>
    </Field>
  );
  return (
    <div className="grid grid-cols-2 gap-2 border-b border-hairline bg-surface p-2 xl:grid-cols-3">
      <Field label="What decided" error={error ? 'The reasons did not load.' : undefined} className="col-span-2 xl:col-span-1">
        <Select value={asked.why ?? ANY} onChange={({ target }) => onChange({ why: target.value === ANY ? null : target.value })}>
          <option value={ANY}>any reason</option>
          {own.map(({ why, rule, categories }) => (
            <option key={why} value={why}>
              {`${rule ? `${rule}: ` : ''}${beginOf(reasonWords(why), 80) || 'no reason given'} (${formatCount(categories[category] ?? 0)})`}
            </option>
          ))}
          {asked.why !== null && !own.some(({ why }) => why === asked.why) ? (
            <option value={asked.why}>{beginOf(reasonWords(asked.why), 80)}</option>
          ) : null}
        </Select>
      </Field>
      <Field label="Confidence">
        <Select
          value={confidence?.id ?? ''}
          onChange={({ target }) => {
            const { from = null, below = null } = CONFIDENCE.find(({ id }) => id === target.value) ?? {};
            onChange({ from, below });
          }}
        >
          <option value="">any</option>
          {CONFIDENCE.map(({ id, words }) => (
            <option key={id} value={id}>
              {words}
            </option>
          ))}
        </Select>
      </Field>
      {choice('mark', 'Looked at', MARK_WORDS)}
      {choice('sample', 'Samples', SAMPLE_WORDS)}
      {choice('by', 'Corrected', BY_WORDS)}
      <form
        aria-label="Filter by a value"
        className="col-span-2 flex flex-wrap items-end gap-2 xl:col-span-3"
        onSubmit={(event) => {
          event.preventDefault();
          const value = String(new FormData(event.currentTarget).get('value') ?? '');
          onChange({ is: [...asked.is.filter((one) => one.field !== field), { field, value }] });
        }}
      >
        <Field label="Field" className="min-w-28">
          <Select value={field} onChange={({ target }) => setField(target.value)}>
            {fields.map(({ name }) => (
              <option key={name} value={name}>
                {label(name)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Value, exactly; empty for none" className="min-w-32 flex-1">
          <Input name="value" maxLength={FILTER_TEXT_CHARS_MAX} autoComplete="off" />
        </Field>
        <Button type="submit">Only these</Button>
      </form>
    </div>
  );
}

/** No reason is one, and an empty reason is another. */
const ANY = '\u0000';

/** What narrows the list now, each with a way out. */
export function FilterChips({ asked, onChange }: Pick<Props, 'asked' | 'onChange'>) {
  const label = useFieldLabel();
  const chips = filterWords(asked, label);
  if (chips.length === 0) return null;
  return (
    <div className="flex flex-wrap items-center gap-1 border-b border-hairline px-2 py-1.5">
      {chips.map(({ id, words, without }) => (
        <span
          key={id}
          className="inline-flex max-w-full items-center gap-1 rounded-md border border-control bg-selected pr-0.5 pl-2 text-12"
        >
          <span className="truncate">
            <Outside text={beginOf(words, 120)} />
          </span>
          <button
            type="button"
            aria-label={`Without: ${words}`}
            onClick={() => onChange(without)}
            className="rounded-md p-1 hover:bg-sunken pointer-coarse:p-3"
          >
            <X size={12} aria-hidden="true" />
          </button>
        </span>
      ))}
      {isFiltered(asked) ? (
        <button
          type="button"
          onClick={() => onChange(NOT_FILTERED)}
          className="px-1 text-12 text-muted underline underline-offset-2 hover:text-text"
        >
          No filter
        </button>
      ) : null}
    </div>
  );
}
