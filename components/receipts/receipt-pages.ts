import { queries } from '#components/api-client.ts';
import { beginningWith, PAGED } from '#components/ui/pages.ts';
import type { ReceiptListed } from '#lib/shapes/receipts.ts';

/** The receipts of a batch, in the order of chunk and number. */
export function receiptPages(batchId: string, first: { items: ReceiptListed[]; next: string | null }) {
  return queries.receipts.list.infiniteOptions({
    input: (cursor: string | undefined) => ({ id: batchId, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
  });
}
