'use client';

import { useRouter } from 'next/navigation';
import { changeReadingAction } from '#app/(desk)/datasets/actions.ts';
import { useRefresh } from '#app/(desk)/use-changed.ts';
import { QuestionList } from '#components/datasets/question-list.tsx';
import type { Reading } from '#lib/shapes/readings.ts';

type Props = {
  reading: Pick<Reading, 'dataset' | 'digest' | 'fields' | 'questions'>;
  mayAnswer: boolean;
  onAnswered?: () => Promise<unknown>;
};

/** What is asked of a file before a plan starts. An answer that changes rows leads to the dataset that it made. */
export function ReadingQuestions({ reading, mayAnswer, onAnswered }: Props) {
  const router = useRouter();
  const refresh = useRefresh();
  const answer = async (change: Parameters<typeof changeReadingAction>[0]['change']) => {
    const outcome = await changeReadingAction({ datasetId: reading.dataset, change });
    if (outcome.ok && 'dataset' in outcome.value) router.push(`/datasets/${outcome.value.dataset}`);
    else if (outcome.ok) await Promise.all([refresh(), onAnswered?.()]);
    return outcome;
  };
  return <QuestionList reading={reading} onAnswer={mayAnswer ? answer : null} />;
}
