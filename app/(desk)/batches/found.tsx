'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { queries } from '#components/api-client.ts';
import { FoundItems } from '#components/items/found-items.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import { beginningWith, PAGED } from '#components/ui/pages.ts';
import type { SearchedReceipts } from '#lib/shapes/stories.ts';

/** What was found so far, and how far it was looked for. */
export function Found({ text, first }: { text: string; first: SearchedReceipts }) {
  const pages = useInfiniteQuery(
    queries.receipts.search.infiniteOptions({
      input: (cursor: string | undefined) => ({ text, ...(cursor ? { cursor } : {}) }),
      ...PAGED,
      ...beginningWith(first),
    }),
  );
  const all = pages.data.pages;
  const items = all.flatMap((page) => page.items);
  const batches = all.reduce((sum, { looked }) => sum + looked.batches, 0);
  const receipts = all.reduce((sum, { looked }) => sum + looked.receipts, 0);
  const looked = `looked through ${formatNoun(receipts, 'receipts')} of the ${formatNoun(batches, 'latest batches')}`;
  return (
    <section aria-label="What was found" className="flex flex-col gap-3">
      {items.length > 0 ? <FoundItems items={items} /> : null}
      {items.length === 0 && !pages.hasNextPage ? (
        <EmptyState
          title={`No receipt names “${text}”`}
          text={`All receipts were looked through. They name an item by the fields that its plan chose, and only what was approved has a receipt.`}
          action={<ButtonLink href="/batches">Show all batches</ButtonLink>}
        />
      ) : (
        <p role="status" className="text-muted">
          {formatNoun(items.length, 'items')} found; {looked}.
        </p>
      )}
      <MorePages pages={pages} label="Look further" />
    </section>
  );
}
