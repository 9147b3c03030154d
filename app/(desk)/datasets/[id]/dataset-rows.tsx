'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { datasetRowPages, type RowsPage } from '#components/datasets/dataset-pages.ts';
import { ItemTable } from '#components/datasets/item-table.tsx';
import { RowDialog } from '#components/datasets/row-dialog.tsx';
import { type RowsAsked, rowsAddress, sortedNext, withValue } from '#components/datasets/rows-address.ts';
import { RowsFound } from '#components/datasets/rows-found.tsx';
import { useFirstPage } from '#components/ui/use-first-page.ts';

type Props = {
  id: string;
  asked: RowsAsked;
  fields: string[];
  numbers: string[];
  total: number;
  noun: string;
  batches: { id: string; name: string }[];
  first: string;
};

/** The rows that are asked for, read on as one scrolls; one of them opens in full, with its original. */
export function DatasetRows({ id, asked, fields, numbers, total, noun, batches, first }: Props) {
  const firstPage = useMemo(() => JSON.parse(first) as RowsPage, [first]);
  const options = datasetRowPages(id, asked, firstPage);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, firstPage);
  const [open, setOpen] = useState<number | null>(null);
  const items = pages.data.pages.flatMap((page) => page.items);
  const { looked, found } = pages.data.pages.at(-1) ?? firstPage;
  const more = pages.hasNextPage && !pages.isFetchingNextPage && !pages.isFetchNextPageError;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <RowsFound asked={asked} shown={items.length} found={found} looked={looked} total={total} noun={noun} pages={pages} />
      {items.length > 0 ? (
        <ItemTable
          items={items}
          fields={fields}
          numbers={new Set(numbers)}
          total={found ?? items.length}
          sort={{
            field: asked.sort,
            descending: asked.descending,
            hrefOf: (field) => rowsAddress(id, sortedNext(asked, field)),
          }}
          onOpen={setOpen}
          onEnd={more ? () => void pages.fetchNextPage() : undefined}
        />
      ) : null}
      <RowDialog
        datasetId={id}
        ordinal={open}
        batches={batches}
        hrefOf={(field, value) => rowsAddress(id, withValue(asked, field, value))}
        onClose={() => setOpen(null)}
      />
    </div>
  );
}
