'use client';

import { X } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { actionLook } from '#components/chunks/state.ts';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import { formatInstant } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { useTimeZone } from '#components/ui/relative-time.tsx';
import { SearchForm } from '#components/ui/search-form.tsx';
import { ACTION_RESULTS } from '#lib/core/lifecycle.ts';
import { FILTERS, type Filter, isFiltered, type ReceiptsShown, receiptsAddress } from './receipts-address.ts';

type Named = { id: string; name: string }[];
type Props = { batchId: string; shown: ReceiptsShown; categories: string[]; people: Named };

/** Looks for receipts by a text and by what they are. What is asked for is in the address, so that Back goes back and a link shows the same. */
export function ReceiptFilter({ batchId, shown, categories, people }: Props) {
  const router = useRouter();
  const zone = useTimeZone();
  const [filtering, setFiltering] = useState(false);
  const go = (next: ReceiptsShown) => router.push(receiptsAddress(batchId, next), { scroll: false });
  const { text: _, ...untexted } = shown;
  const wordsOf = (name: Filter, value: string): string => {
    if (name === 'outcome') return outcomeWords(value);
    if (name === 'kind') return KINDS.find(([kind]) => kind === value)?.[1] ?? value;
    if (name === 'chunk') return `Chunk ${value}`;
    if (name === 'person') return people.find(({ id }) => id === value)?.name ?? 'Somebody';
    if (name === 'from') return `From ${formatInstant(value, zone)}`;
    if (name === 'to') return `Before ${formatInstant(value, zone)}`;
    return value;
  };
  const without = (name: Filter): ReceiptsShown => {
    const next = { ...shown };
    delete next[name];
    return next;
  };
  return (
    <div className="mb-3 flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SearchForm
          label="Search the receipts"
          value={shown.text}
          onFind={(text) => go(text ? { ...untexted, text } : untexted)}
        />
        <Button aria-expanded={filtering} onClick={() => setFiltering(!filtering)}>
          Filter…
        </Button>
        <Link
          href={receiptsAddress(batchId, { ...shown, oldest: !shown.oldest })}
          scroll={false}
          className="text-muted underline underline-offset-2 hover:text-text"
        >
          {shown.oldest ? 'Newest first' : 'Oldest first'}
        </Link>
        {FILTERS.map((name) => {
          const value = shown[name];
          if (value === undefined || name === 'text') return null;
          return (
            <span
              key={name}
              className="inline-flex max-w-full items-center gap-1 rounded-md border border-control bg-selected py-0.5 pr-1 pl-2"
            >
              <span className="truncate">{wordsOf(name, value)}</span>
              <Link
                href={receiptsAddress(batchId, without(name))}
                scroll={false}
                aria-label={`Without ${wordsOf(name, value)}`}
                className="rounded-md p-1 hover:bg-sunken pointer-coarse:p-3"
              >
                <X size={12} aria-hidden="true" />
              </Link>
            </span>
          );
        })}
        {isFiltered(shown) ? (
          <Link
            href={receiptsAddress(batchId, { oldest: shown.oldest })}
            scroll={false}
            className="text-muted underline underline-offset-2 hover:text-text"
          >
            All receipts
          </Link>
        ) : null}
      </div>
      {filtering ? (
        <Filters
          {...{ shown, categories, people, zone }}
          onFilter={(next) => {
            setFiltering(false);
            go(next);
          }}
        />
      ) : null}
    </div>
  );
}

type FiltersProps = Omit<Props, 'batchId'> & { zone: string | null; onFilter: (next: ReceiptsShown) => void };

/** All filters at once; times are those of the person's own clock. */
function Filters({ shown, categories, people, zone, onFilter }: FiltersProps) {
  const filter = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const next: ReceiptsShown = { oldest: shown.oldest, ...(shown.text ? { text: shown.text } : {}) };
    for (const name of FILTERS) {
      const value = String(given.get(name) ?? '').trim();
      if (value) next[name] = name === 'from' || name === 'to' ? new Date(value).toISOString() : value;
    }
    onFilter(next);
  };
  const local = (iso: string | undefined): string => (iso ? formatInstant(iso, zone).slice(0, 16).replace(' ', 'T') : '');
  return (
    <form
      aria-label="Filter the receipts"
      className="grid items-end gap-2 rounded-md border border-hairline bg-surface p-3 sm:grid-cols-2 lg:grid-cols-4"
      onSubmit={filter}
    >
      <Choice
        name="outcome"
        label="Outcome"
        value={shown.outcome}
        options={ACTION_RESULTS.map((one) => [one, outcomeWords(one)])}
      />
      <Choice name="kind" label="Kind" value={shown.kind} options={KINDS} />
      <Choice name="category" label="Category" value={shown.category} options={categories.map((one) => [one, one])} />
      <Choice name="person" label="By" value={shown.person} options={people.map(({ id, name }) => [id, name])} />
      <Field label="Chunk">
        <Input name="chunk" type="number" min={0} max={2 ** 31 - 1} defaultValue={shown.chunk} />
      </Field>
      <Field label="From">
        <Input name="from" type="datetime-local" defaultValue={local(shown.from)} />
      </Field>
      <Field label="Before">
        <Input name="to" type="datetime-local" defaultValue={local(shown.to)} />
      </Field>
      <Button type="submit">Only these receipts</Button>
    </form>
  );
}

type ChoiceProps = { name: Filter; label: string; value: string | undefined; options: readonly (readonly [string, string])[] };

function Choice({ name, label, value, options }: ChoiceProps) {
  return (
    <Field label={label}>
      <Select name={name} defaultValue={value ?? ''}>
        <option value="">all</option>
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </Select>
    </Field>
  );
}

function outcomeWords(result: string): string {
  const known = ACTION_RESULTS.find((one) => one === result);
  return known ? actionLook(known).word : result;
}

const KINDS = [
  ['intent', 'Intent'],
  ['outcome', 'Outcome'],
  ['resolution', 'Answer'],
  ['decision', 'Decision'],
  ['correction', 'Correction'],
  ['start', 'Start'],
  ['plan', 'Change of the plan'],
  ['closing', 'End'],
  ['attestation', 'Attestation'],
] as const;
