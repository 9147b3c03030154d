'use client';

import { Button } from './button.tsx';

type Props = {
  /** of an infinite query */
  pages: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    fetchNextPage: (options: { cancelRefetch: boolean }) => unknown;
  };
  label?: string;
};

/** Reads on in a list that is paged by cursor, below what is there; nothing on the last page. */
export function MorePages({ pages, label = 'Show more' }: Props) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = pages;
  if (!hasNextPage) return null;
  return (
    <nav aria-label="More of the list" className="mt-3 flex flex-wrap items-center justify-center gap-3">
      {isFetchNextPageError ? (
        <p role="alert" className="text-red">
          The rest did not load.
        </p>
      ) : null}
      <Button kind="ghost" pending={isFetchingNextPage} onClick={() => fetchNextPage({ cancelRefetch: false })}>
        {isFetchNextPageError ? 'Try again' : label}
      </Button>
    </nav>
  );
}
