'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { receiptPages } from '#components/receipts/receipt-pages.ts';
import { ReceiptTable } from '#components/receipts/receipt-table.tsx';
import { MorePages } from '#components/ui/more-pages.tsx';
import { useFirstPage } from '#components/ui/use-first-page.ts';
import type { ReceiptListed } from '#lib/shapes/receipts.ts';

type Props = { batchId: string; first: { items: ReceiptListed[]; next: string | null } };

/** The receipts of a batch, read on below. */
export function Receipts({ batchId, first }: Props) {
  const options = receiptPages(batchId, first);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, first);
  return (
    <div>
      <ReceiptTable batchId={batchId} receipts={pages.data.pages.flatMap(({ items }) => items)} />
      <MorePages pages={pages} />
    </div>
  );
}
