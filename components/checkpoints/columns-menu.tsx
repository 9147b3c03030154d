'use client';

import { useMutation } from '@tanstack/react-query';
import { Columns3 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { api, asOutcome } from '#components/api-client.ts';
import { useFieldLabel } from '#components/datasets/field-labels.tsx';
import { Button } from '#components/ui/button.tsx';
import { Menu } from '#components/ui/menu.tsx';
import { writing } from '#components/ui/writing.ts';
import type { ListColumns } from '#lib/shapes/chunk-items.ts';
import type { OfChunk } from './checkpoint-view.ts';
import { type ListColumn, type Stands, shownColumns } from './list-columns.ts';

/** The columns of a list, and how they are chosen: shown at once, and kept for the next time. A choice that could not be kept says so. */
export function useColumns({ id }: OfChunk, told: ListColumns, stands: Stands) {
  const label = useFieldLabel();
  const [chosen, setChosen] = useState(told.chosen);
  const keep = useMutation(
    writing(['batches', id, 'columns'], (fields: string[] | null) =>
      asOutcome(api.batches.columns({ params: { id }, body: { fields } })),
    ),
  );
  const { fields } = told;
  // biome-ignore lint/correctness/useExhaustiveDependencies: labels are the dataset's, as the fields are
  const columns = useMemo(() => shownColumns({ fields, chosen }, label, stands), [fields, chosen, stands]);
  return {
    columns,
    error: keep.error ? `The columns are not kept: ${keep.error.message}` : null,
    choose(fields: string[] | null) {
      setChosen(fields);
      keep.mutate(fields);
    },
  };
}

type Props = { fields: ListColumns['fields']; columns: ListColumn[]; onChoose: (fields: string[] | null) => void };

/** Which fields stand beside each other: what decided first. */
export function ColumnsMenu({ fields, columns, onChoose }: Props) {
  const label = useFieldLabel();
  const shown = columns.map(({ name }) => name);
  return (
    <Menu
      trigger={<Button size="small" kind="ghost" aria-label="Columns" icon={<Columns3 size={14} aria-hidden="true" />} />}
      items={[
        ...fields.map(({ name, from }) => ({
          id: `field.${name}`,
          label: `${label(name)}${from === 'rule' ? ' (rules read it)' : from === 'receipt' ? ' (in receipts)' : ''}`,
          checked: shown.includes(name),
          onSelect: () => onChoose(shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name]),
        })),
        { id: 'own', label: 'What decided, and nothing else chosen', onSelect: () => onChoose(null) },
      ]}
    />
  );
}
