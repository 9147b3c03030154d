import type { ComponentProps } from 'react';
import { Button } from '#components/ui/button.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import type { MorePages } from '#components/ui/more-pages.tsx';
import type { RowsAsked } from './rows-address.ts';

type Props = {
  asked: RowsAsked;
  shown: number;
  /** how many there are of what is asked for; null where that is not known yet */
  found: number | null;
  /** how many rows were looked through */
  looked: number;
  total: number;
  noun: string;
  pages: ComponentProps<typeof MorePages>['pages'];
};

/** How many rows were found of what is asked for, and how far that was looked for; nothing where all rows are shown. */
export function RowsFound({ asked, shown, found, looked, total, noun, pages }: Props) {
  if (!asked.search && asked.is.length === 0) return null;
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = pages;
  const whole = found !== null || !hasNextPage;
  return (
    <div role="status" className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
      <span>
        {whole ? (
          <>
            <b className="font-medium text-text">{formatNoun(found ?? shown, noun)}</b> of {formatCount(total)}
          </>
        ) : (
          <>
            <b className="font-medium text-text">{formatNoun(shown, noun)}</b> so far, in the first {formatCount(looked)} of{' '}
            {formatCount(total)}
          </>
        )}
      </span>
      {isFetchNextPageError ? <span className="text-red">The rest did not load.</span> : null}
      {whole ? null : (
        <Button size="small" pending={isFetchingNextPage} onClick={() => fetchNextPage({ cancelRefetch: false })}>
          {isFetchNextPageError ? 'Try again' : 'Look further'}
        </Button>
      )}
    </div>
  );
}
