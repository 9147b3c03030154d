'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { answerUncertainAction, retryAction } from '#app/(desk)/batches/actions.ts';
import { useActed } from '#app/(desk)/use-acted.ts';
import { useProven } from '#components/account/proof.tsx';
import { MorePages } from '#components/ui/more-pages.tsx';
import { useFirstPage } from '#components/ui/use-first-page.ts';
import { UncertainList } from '#components/uncertain/uncertain-list.tsx';
import { type UncertainPage, uncertainPages } from '#components/uncertain/uncertain-pages.ts';

type Props = { batchId: string; first: UncertainPage; mayAnswer: boolean; mayRetry: boolean };

/** The uncertain actions of a batch, with their answers. */
export function Uncertain({ batchId, first, mayAnswer, mayRetry }: Props) {
  const acted = useActed();
  const proven = useProven();
  const options = uncertainPages(batchId, first);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, first);
  return (
    <div>
      <UncertainList
        batchId={batchId}
        items={pages.data.pages.flatMap(({ items }) => items)}
        groups={pages.data.pages[0]?.groups ?? []}
        mayAnswer={mayAnswer}
        onAnswer={({ named, answer, note }) =>
          acted(proven(() => answerUncertainAction({ batchId, ...named, answer, note: note.trim() === '' ? null : note })))
        }
        {...(mayRetry ? { onRetry: () => acted<unknown>(retryAction({ batchId })) } : {})}
      />
      <MorePages pages={pages} />
    </div>
  );
}
