'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ReceiptFilter } from '#components/receipts/receipt-filter.tsx';
import { type ReceiptsPage, receiptPages } from '#components/receipts/receipt-pages.ts';
import { ReceiptTable } from '#components/receipts/receipt-table.tsx';
import { isFiltered, type ReceiptsShown, receiptsAddress } from '#components/receipts/receipts-address.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import { useFirstPage } from '#components/ui/use-first-page.ts';

type Props = {
  batchId: string;
  shown: ReceiptsShown;
  categories: string[];
  people: { id: string; name: string }[];
  first: ReceiptsPage;
};

/** The receipts of a batch that are asked for, read on below. Until the first is found it is looked further by itself. */
export function Receipts({ batchId, shown, categories, people, first }: Props) {
  const options = receiptPages(batchId, shown, first);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, first);
  const receipts = pages.data.pages.flatMap(({ items }) => items);
  const looked = formatNoun(
    pages.data.pages.reduce((sum, page) => sum + page.looked, 0),
    'receipts',
  );
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = pages;
  const further = receipts.length === 0 && hasNextPage && !isFetchingNextPage && !isFetchNextPageError;
  useEffect(() => {
    if (further) void fetchNextPage({ cancelRefetch: false });
  }, [further, fetchNextPage]);
  return (
    <div>
      <ReceiptFilter {...{ batchId, shown, categories, people }} />
      {receipts.length > 0 ? <ReceiptTable batchId={batchId} receipts={receipts} /> : null}
      {receipts.length === 0 && !hasNextPage ? (
        <EmptyState
          title="No receipt is like that"
          text={isFiltered(shown) ? `${looked} were looked at.` : 'Receipts appear here, one for each step of each action.'}
          action={
            isFiltered(shown) ? (
              <ButtonLink href={receiptsAddress(batchId, { oldest: shown.oldest })}>Show all receipts</ButtonLink>
            ) : null
          }
        />
      ) : null}
      {hasNextPage ? (
        <>
          {isFiltered(shown) ? (
            <p role="status" className="mt-2 text-muted">
              {receipts.length === 0 ? 'Nothing so far, in ' : `${formatNoun(receipts.length, 'receipts')} so far, in `}
              {looked} that were looked at.
            </p>
          ) : null}
          <MorePages pages={pages} {...(isFiltered(shown) ? { label: 'Look further' } : {})} />
        </>
      ) : null}
    </div>
  );
}
