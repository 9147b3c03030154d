import { queries } from '#components/api-client.ts';
import { PAGED } from '#components/ui/pages.ts';
import type { OfChunk } from './checkpoint-view.ts';

const PAGE_ITEMS = 100;

/** All items of a category, or those that hold a text. They stay as they were read until the chunk is read anew: no row leaves under the reader's finger. */
export function itemPages(of: OfChunk, { category, search }: { category: string; search: string }) {
  return queries.chunks.items.infiniteOptions({
    input: (cursor: string | undefined) => ({
      ...{ ...of, category, limit: PAGE_ITEMS },
      ...(search ? { search } : {}),
      ...(cursor ? { cursor } : {}),
    }),
    ...PAGED,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Of all that was read of a chunk's items. */
export function itemPagesKey(of: OfChunk) {
  return queries.chunks.items.key({ input: of });
}
