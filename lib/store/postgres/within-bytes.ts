/** Pages of whole items: a row can have megabytes, so a page is bounded by bytes and not only by its number of rows. */
import { PAGE_BYTES } from '#lib/core/limits.ts';

/** What `withinBytes` asks of each row. `octet_length` of a stored value reads its header and not the value. */
export const ITEM_BYTES = 'octet_length(raw) AS bytes';

/**
 * The first rows of a page that have PAGE_BYTES together, and always the first one; `total` is how many rows the page would have had.
 * @param page a query with a limit whose rows have `bytes` and the columns of `order`
 * @param order what its rows are ordered by, each at a place of its own
 */
export function withinBytes(page: string, order = 'ordinal'): string {
  return `(SELECT * FROM (
    SELECT *, sum(bytes) OVER (ORDER BY ${order}) - bytes AS before, count(*) OVER ()::int AS total FROM (${page}) page
  ) sized WHERE before < ${PAGE_BYTES})`;
}
