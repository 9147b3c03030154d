'use client';

import { X } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useId, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import { formatCount } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { SearchForm } from '#components/ui/search-form.tsx';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import { FieldName, useFieldLabel } from './field-labels.tsx';
import { ALL_ROWS, type RowsAsked, rowsAddress, without, withValue } from './rows-address.ts';

type Props = { datasetId: string; asked: RowsAsked; fields: DatasetView['fields'] };

/** Looks for rows by a text and by values. What is asked for is in the address, so that Back goes back and a link shows the same. */
export function RowsFilter({ datasetId, asked, fields }: Props) {
  const router = useRouter();
  const label = useFieldLabel();
  const [filtering, setFiltering] = useState(false);
  const go = (next: RowsAsked) => router.push(rowsAddress(datasetId, next), { scroll: false });
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SearchForm label="Search the rows" value={asked.search} onFind={(search) => go({ ...asked, search })} />
        <Button aria-expanded={filtering} onClick={() => setFiltering(!filtering)}>
          Filter…
        </Button>
        {asked.is.map(({ field, value }) => (
          <span
            key={field}
            className="inline-flex max-w-full items-center gap-1 rounded-md border border-control bg-selected py-0.5 pr-1 pl-2"
          >
            <span className="truncate">
              <FieldName name={field} /> {value === '' ? 'is empty' : `is ${value}`}
            </span>
            <Link
              href={rowsAddress(datasetId, without(asked, field))}
              scroll={false}
              aria-label={`Without ${label(field)} ${value === '' ? 'is empty' : `is ${value}`}`}
              className="rounded-md p-1 hover:bg-sunken pointer-coarse:p-3"
            >
              <X size={12} aria-hidden="true" />
            </Link>
          </span>
        ))}
        {asked.search || asked.is.length > 0 ? (
          <Link
            href={rowsAddress(datasetId, { ...ALL_ROWS, sort: asked.sort, descending: asked.descending })}
            scroll={false}
            className="text-muted underline underline-offset-2 hover:text-text"
          >
            All rows
          </Link>
        ) : null}
      </div>
      {filtering ? (
        <ValueFilter
          fields={fields}
          onFilter={(field, value) => {
            setFiltering(false);
            go(withValue(asked, field, value));
          }}
        />
      ) : null}
    </div>
  );
}

function ValueFilter({ fields, onFilter }: { fields: Props['fields']; onFilter: (field: string, value: string) => void }) {
  const label = useFieldLabel();
  const [name, setName] = useState(fields[0]?.name ?? '');
  const [value, setValue] = useState('');
  const list = useId();
  const top = fields.find((field) => field.name === name)?.top ?? [];
  return (
    <form
      aria-label="Filter by a value"
      className="flex flex-wrap items-end gap-2 rounded-md border border-hairline bg-surface p-3"
      onSubmit={(event) => {
        event.preventDefault();
        onFilter(name, value);
      }}
    >
      <Field label="Field" className="min-w-40">
        <Select value={name} onChange={(event) => setName(event.target.value)}>
          {fields.map((field) => (
            <option key={field.name} value={field.name}>
              {label(field.name)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label="Value, exactly; empty for rows without one" className="min-w-56 flex-1 sm:max-w-md">
        <Input value={value} list={list} onChange={(event) => setValue(event.target.value)} />
      </Field>
      <datalist id={list}>
        {top.map((one) => (
          <option key={one.value} value={one.value}>
            {formatCount(one.count)}
          </option>
        ))}
      </datalist>
      <Button type="submit">Only these rows</Button>
    </form>
  );
}
