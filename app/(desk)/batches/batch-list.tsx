'use client';

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useFollowed } from '#app/(desk)/use-changed.ts';
import { queries } from '#components/api-client.ts';
import { BatchFilter } from '#components/batches/batch-filter.tsx';
import { BatchTable } from '#components/batches/batch-table.tsx';
import { type BatchesAsked, batchesAddress } from '#components/batches/batches-address.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import type { BatchRow } from '#lib/shapes/batches.ts';

type Props = {
  page: { items: BatchRow[]; next: string | null };
  asked: BatchesAsked;
  plan: ReactNode;
  decides: boolean;
  sees: boolean;
};

/** A page of the batches that are asked for, as they are now. */
export function BatchList({ page, asked, plan, decides, sees }: Props) {
  const read = queries.batches.list.queryOptions({ input: asked });
  // What came with the page may be old: the browser keeps pages for going back.
  const { data } = useQuery({ ...read, initialData: page, initialDataUpdatedAt: 0, gcTime: 0 });
  useFollowed({ topics: ['batches'] }, queries.batches.list.key());
  const { items, next } = data;
  const narrowed = asked.state !== undefined || asked.name !== undefined;
  if (items.length === 0 && !narrowed && asked.cursor === undefined)
    return (
      <EmptyState
        title="No batch yet"
        text="A batch is one run of a plan over a dataset. It begins with an upload."
        action={plan}
      />
    );
  return (
    <>
      <BatchFilter asked={asked} />
      {items.length === 0 ? (
        <EmptyState title="No batch is like that" action={<ButtonLink href="/batches">Show all batches</ButtonLink>} />
      ) : (
        <BatchTable batches={items} decides={decides} sees={sees} />
      )}
      <NextPage href={next === null ? null : batchesAddress({ ...asked, cursor: next })} />
    </>
  );
}
