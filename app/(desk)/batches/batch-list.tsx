'use client';

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useFollowed } from '#app/(desk)/use-changed.ts';
import { queries } from '#components/api-client.ts';
import { BatchTable } from '#components/batches/batch-table.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import type { BatchRow } from '#lib/shapes/batches.ts';

type Props = { page: { items: BatchRow[]; next: string | null }; cursor?: string; plan: ReactNode; decides: boolean };

/** A page of the batches, as they are now. */
export function BatchList({ page, cursor, plan, decides }: Props) {
  const read = queries.batches.list.queryOptions({ input: cursor === undefined ? {} : { cursor } });
  // What came with the page may be old: the browser keeps pages for going back.
  const { data } = useQuery({ ...read, initialData: page, initialDataUpdatedAt: 0, gcTime: 0 });
  useFollowed({ topics: ['batches'] }, queries.batches.list.key());
  const { items, next } = data;
  if (items.length === 0)
    return (
      <EmptyState
        title="No batch yet"
        text="A batch is one run of a plan over a dataset. It begins with an upload."
        action={plan}
      />
    );
  return (
    <>
      <BatchTable batches={items} decides={decides} />
      <NextPage href={next === null ? null : `/batches?cursor=${encodeURIComponent(next)}`} />
    </>
  );
}
