'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { queries } from '#components/api-client.ts';
import { ItemTable } from '#components/datasets/item-table.tsx';
import type { DatasetItem } from '#lib/shapes/datasets.ts';

const PAGE_ROWS = 200;

type Props = { id: string; fields: string[]; total: number; first: { items: DatasetItem[]; next: string | null } };

/** The rows, read on as one scrolls. */
export function DatasetRows({ id, fields, total, first }: Props) {
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    queries.datasets.items.infiniteOptions({
      input: (cursor: string | undefined) => ({ id, limit: PAGE_ROWS, ...(cursor ? { cursor } : {}) }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next ?? undefined,
      placeholderData: { pages: [first], pageParams: [undefined] },
    }),
  );
  const items = data?.pages.flatMap((page) => page.items) ?? first.items;
  const more = hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined;
  return <ItemTable items={items} fields={fields} total={total} onEnd={more} />;
}
