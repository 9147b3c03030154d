'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { ShelfItemTable } from '#components/shelf/shelf-item-table.tsx';
import { shelfItemPages } from '#components/shelf/shelf-pages.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import { useFirstPage } from '#components/ui/use-first-page.ts';
import type { ShelfItem } from '#lib/shapes/shelf.ts';

type Props = {
  group: { batchId: string; category: string; shelf: string };
  search: string;
  columns: string[];
  first: { items: ShelfItem[]; next: string | null };
};

/** The items of a group that lie on the shelf, or those that hold a text, read on below. */
export function ShelfItems({ group, search, columns, first }: Props) {
  const options = shelfItemPages({ ...group, ...(search ? { search } : {}) }, first);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, first);
  const items = pages.data.pages.flatMap((page) => page.items);
  return (
    <>
      {items.length > 0 ? (
        <ShelfItemTable batchId={group.batchId} items={items} columns={columns} />
      ) : (
        <p className="text-muted">
          {pages.hasNextPage ? 'Nothing so far' : 'Nothing here'}
          {search ? ` matches “${search}”` : ''}.
        </p>
      )}
      <MorePages pages={pages} {...(items.length === 0 ? { label: 'Look further' } : {})} />
    </>
  );
}
