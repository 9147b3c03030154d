'use client';

import { useRouter } from 'next/navigation';
import { answerDoubtsAction, retryAction } from '#app/(desk)/batches/actions.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { UncertainList } from '#components/uncertain/uncertain-list.tsx';
import type { DoubtGroup, UncertainItem } from '#lib/shapes/uncertain.ts';

type Props = { batchId: string; items: UncertainItem[]; groups: DoubtGroup[]; mayAnswer: boolean; mayRetry: boolean };

/** The open doubts of a batch, with their answers. */
export function Doubts({ batchId, items, groups, mayAnswer, mayRetry }: Props) {
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
        acted(answerDoubtsAction({ batchId, ...named, answer, note: note.trim() === '' ? null : note }))
      }
      {...(mayRetry ? { onRetry: () => acted<unknown>(retryAction({ batchId })) } : {})}
    />
  );
}
