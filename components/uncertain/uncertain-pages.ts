import { queries } from '#components/api-client.ts';
import { beginningWith, PAGED } from '#components/ui/pages.ts';
import type { UncertainGroup, UncertainItem } from '#lib/shapes/uncertain.ts';

export type UncertainPage = { items: UncertainItem[]; next: string | null; groups: UncertainGroup[] };

/** What is uncertain in a batch, and its causes. */
export function uncertainPages(batchId: string, first: UncertainPage) {
  return queries.batches.uncertain.infiniteOptions({
    input: (cursor: string | undefined) => ({ id: batchId, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
  });
}
