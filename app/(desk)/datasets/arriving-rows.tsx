'use client';

import { useQuery } from '@tanstack/react-query';
import { useFollowed } from '#app/(desk)/use-changed.ts';
import { queries } from '#components/api-client.ts';
import { FieldLabelsOf } from '#components/datasets/field-labels.tsx';
import { ItemTable } from '#components/datasets/item-table.tsx';
import { formatNoun } from '#components/ui/format.ts';

const FIRST_ROWS = 20;
const NEWEST = 20;

/** The first rows of a dataset and how many there are so far, while it arrives. */
export function ArrivingRows({ id }: { id: string }) {
  useFollowed({ topics: ['datasets'] }, queries.datasets.key());
  // Found in the list, for until its first bytes are there nobody knows of it, and asking for it would be a fault.
  const { data: newest } = useQuery(queries.datasets.list.queryOptions({ input: { limit: NEWEST } }));
  const dataset = newest?.items.find((one) => one.id === id);
  const items = queries.datasets.items.queryOptions({ input: { id, limit: FIRST_ROWS } });
  const { data: page } = useQuery({ ...items, enabled: dataset !== undefined });
  if (!dataset || !page || page.items.length === 0) return null;
  return (
    <section aria-label="First rows" className="flex flex-col gap-2">
      <p className="text-muted">
        {formatNoun(dataset.items, dataset.noun)} so far
        {dataset.unreadable > 0 ? `, ${formatNoun(dataset.unreadable, 'unreadable rows')}` : ''}
      </p>
      <FieldLabelsOf labels={dataset.labels}>
        <ItemTable items={page.items} fields={dataset.fields.map(({ name }) => name)} total={page.items.length} />
      </FieldLabelsOf>
    </section>
  );
}
