'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { ShelfList } from '#components/shelf/shelf-list.tsx';
import { shelfPages } from '#components/shelf/shelf-pages.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import { useFirstPage } from '#components/ui/use-first-page.ts';
import type { ShelfGroup } from '#lib/shapes/shelf.ts';
import { Restore } from './restore.tsx';

type Props = {
  /** null: of all batches */
  batchId: string | null;
  first: { items: ShelfGroup[]; next: string | null };
  mayRestore: boolean;
};

/** What lies on the shelves, read on below. */
export function ShelfGroups({ batchId, first, mayRestore }: Props) {
  const options = shelfPages(batchId === null ? {} : { batchId }, first);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, first);
  return (
    <>
      <ShelfList
        groups={pages.data.pages.flatMap(({ items }) => items)}
        restore={(group) => (mayRestore ? <Restore group={group} size="small" /> : null)}
      />
      <MorePages pages={pages} />
    </>
  );
}
