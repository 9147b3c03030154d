import { queries } from '#components/api-client.ts';
import { PAGED } from '#components/ui/pages.ts';
import type { ChunkItemsAsked } from '#lib/shapes/chunk-items.ts';
import type { OfChunk } from './checkpoint-view.ts';

const PAGE_ITEMS = 100;

/** Items of a chunk as they are asked for. They stay as they were read until the chunk is read anew: no row leaves under the reader's finger. */
export function itemPages(of: OfChunk, asked: ChunkItemsAsked) {
  return queries.chunks.items.infiniteOptions({
    input: (cursor: string | undefined) => ({ ...{ ...of, ...asked, limit: PAGE_ITEMS }, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    staleTime: Number.POSITIVE_INFINITY,
    // What is shared is copied, and rows that were read on would be compared with all before them.
    structuralSharing: false,
  });
}

/** Of all that was read of a chunk's items. */
export function itemPagesKey(of: OfChunk) {
  return queries.chunks.items.key({ input: of });
}
