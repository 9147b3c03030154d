import { queries } from '#components/api-client.ts';
import { PAGED } from '#components/ui/pages.ts';
import type { DatasetItem } from '#lib/shapes/datasets.ts';

const PAGE_ROWS = 200;

/** The rows of a dataset, in the order of the file. The first come with the page, and are soon taken over by a longer page. */
export function datasetRowPages(id: string, first: { items: DatasetItem[]; next: string | null }) {
  return queries.datasets.items.infiniteOptions({
    input: (cursor: string | undefined) => ({ id, limit: PAGE_ROWS, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    placeholderData: { pages: [first], pageParams: [undefined] },
  });
}
