import { queries } from '#components/api-client.ts';
import { beginningWith, PAGED } from '#components/ui/pages.ts';
import type { ReceiptListed } from '#lib/shapes/receipts.ts';
import { type ReceiptsShown, receiptsInput } from './receipts-address.ts';

export type ReceiptsPage = { items: ReceiptListed[]; next: string | null; looked: number };

/** The receipts of a batch that are asked for. The first come with the page. */
export function receiptPages(batchId: string, shown: ReceiptsShown, first: ReceiptsPage) {
  return queries.receipts.list.infiniteOptions({
    input: (cursor: string | undefined) => ({ id: batchId, ...receiptsInput(shown), ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
  });
}
