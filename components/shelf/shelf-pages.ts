import { queries } from '#components/api-client.ts';
import { beginningWith, PAGED } from '#components/ui/pages.ts';
import type { ShelfGroup, ShelfItem } from '#lib/shapes/shelf.ts';

/** What lies on the shelves, of all batches or of one. */
export function shelfPages(of: { batchId?: string }, first: { items: ShelfGroup[]; next: string | null }) {
  return queries.shelf.list.infiniteOptions({
    input: (cursor: string | undefined) => ({ ...of, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
  });
}

type Items = { batchId: string; category: string; shelf: string; search?: string };

/** The items of a group, or those that hold a text. */
export function shelfItemPages(of: Items, first: { items: ShelfItem[]; next: string | null }) {
  return queries.shelf.items.infiniteOptions({
    input: (cursor: string | undefined) => ({ ...of, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
  });
}
