'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { answerUncertainAction, retryAction } from '#app/(desk)/batches/actions.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { useFirstPage } from '#components/ui/use-first-page.ts';
import { UncertainList } from '#components/uncertain/uncertain-list.tsx';
import { type UncertainPage, uncertainPages } from '#components/uncertain/uncertain-pages.ts';

type Props = { batchId: string; first: UncertainPage; mayAnswer: boolean; mayRetry: boolean };

/** The uncertain actions of a batch, with their answers. */
export function Uncertain({ batchId, first, mayAnswer, mayRetry }: Props) {
  const router = useRouter();
  const options = uncertainPages(batchId, first);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, first);
  const acted = async <Value,>(answer: Promise<Outcome<Value>>): Promise<Outcome<Value>> => {
    const outcome = await answer;
    if (outcome.ok) router.refresh();
    return outcome;
  };
  return (
    <div>
      <UncertainList
        batchId={batchId}
        items={pages.data.pages.flatMap(({ items }) => items)}
        groups={pages.data.pages[0]?.groups ?? []}
        mayAnswer={mayAnswer}
        onAnswer={({ named, answer, note }) =>
          acted(answerUncertainAction({ batchId, ...named, answer, note: note.trim() === '' ? null : note }))
        }
        {...(mayRetry ? { onRetry: () => acted<unknown>(retryAction({ batchId })) } : {})}
      />
      <MorePages pages={pages} />
    </div>
  );
}
