'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { datasetRowPages } from '#components/datasets/dataset-pages.ts';
import { ItemTable } from '#components/datasets/item-table.tsx';
import type { DatasetItem } from '#lib/shapes/datasets.ts';

type Props = { id: string; fields: string[]; total: number; first: { items: DatasetItem[]; next: string | null } };

/** The rows, read on as one scrolls. */
export function DatasetRows({ id, fields, total, first }: Props) {
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(datasetRowPages(id, first));
  const items = data?.pages.flatMap((page) => page.items) ?? first.items;
  const more = hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined;
  return <ItemTable items={items} fields={fields} total={total} onEnd={more} />;
}
