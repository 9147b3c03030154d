import { queries } from '#components/api-client.ts';
import { beginningWith, PAGED } from '#components/ui/pages.ts';
import type { DatasetItem, UnreadableRow } from '#lib/shapes/datasets.ts';
import { type RowsAsked, rowsInput } from './rows-address.ts';

const PAGE_ROWS = 200;

export type RowsPage = { items: DatasetItem[]; next: string | null; looked: number; found: number | null };

/** The rows of a dataset that are asked for. The first come with the page. */
export function datasetRowPages(id: string, asked: RowsAsked, first: RowsPage) {
  return queries.datasets.items.infiniteOptions({
    input: (cursor: string | undefined) => ({ id, limit: PAGE_ROWS, ...rowsInput(asked), ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
    // What was read of a file does not change.
    staleTime: Number.POSITIVE_INFINITY,
    // What is shared is copied, and a copy would lose a field called `__proto__`.
    structuralSharing: false,
  });
}

/** The rows of a dataset that could not be read, in the order of the file. */
export function unreadablePages(id: string, first: { items: UnreadableRow[]; next: string | null }) {
  return queries.datasets.unreadable.infiniteOptions({
    input: (cursor: string | undefined) => ({ id, limit: PAGE_ROWS, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
  });
}
