'use client';

import { useRouter } from 'next/navigation';
import { answerUncertainAction, retryAction } from '#app/(desk)/batches/actions.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { UncertainList } from '#components/uncertain/uncertain-list.tsx';
import type { UncertainGroup, UncertainItem } from '#lib/shapes/uncertain.ts';

type Props = { batchId: string; items: UncertainItem[]; groups: UncertainGroup[]; mayAnswer: boolean; mayRetry: boolean };

/** The uncertain actions of a batch, with their answers. */
export function Uncertain({ batchId, items, groups, mayAnswer, mayRetry }: Props) {
  const router = useRouter();
  const acted = async <Value,>(answer: Promise<Outcome<Value>>): Promise<Outcome<Value>> => {
    const outcome = await answer;
    if (outcome.ok) router.refresh();
    return outcome;
  };
  return (
    <UncertainList
      items={items}
      groups={groups}
      mayAnswer={mayAnswer}
      onAnswer={(named, answer, note) =>
        acted(answerUncertainAction({ batchId, ...named, answer, note: note.trim() === '' ? null : note }))
      }
      {...(mayRetry ? { onRetry: () => acted<unknown>(retryAction({ batchId })) } : {})}
    />
  );
}
