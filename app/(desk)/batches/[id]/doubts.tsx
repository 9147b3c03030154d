'use client';

import { useRouter } from 'next/navigation';
import { type UncertainItem, UncertainList } from '../../../../components/batch/uncertain-list.tsx';
import { answerDoubtsAction } from '../actions.ts';

/** The open doubts of a batch, with their answers. */
export function Doubts({ batchId, items, mayAnswer }: { batchId: string; items: UncertainItem[]; mayAnswer: boolean }) {
  const router = useRouter();
  return (
    <UncertainList
      items={items}
      mayAnswer={mayAnswer}
      onAnswer={async ({ ordinals, answer, note }) => {
        const outcome = await answerDoubtsAction({ batchId, ordinals, answer, note: note.trim() === '' ? null : note });
        if (outcome.ok) router.refresh();
        return outcome;
      }}
    />
  );
}
