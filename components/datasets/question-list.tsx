'use client';

import { useMutation } from '@tanstack/react-query';
import { Button } from '#components/ui/button.tsx';
import { Glyph } from '#components/ui/glyph.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { askedOf, changeOfAnswer, questionsWords } from './question-words.ts';
import type { Change } from './reading-change.ts';

type Props = {
  reading: Pick<Reading, 'dataset' | 'digest' | 'fields' | 'questions'>;
  /** null for whoever may look only */
  onAnswer: ((change: Change & { digest: string }) => Promise<Outcome>) | null;
};

/** What has to be said of a file before a batch can start: each question with what its answers would mean, answered in one press. */
export function QuestionList({ reading, onAnswer }: Props) {
  const { questions, fields, digest } = reading;
  const answer = useMutation(writing(['datasets', reading.dataset, 'reading'], onAnswer));
  if (questions.length === 0) return null;
  return (
    <section aria-labelledby="asked" className="flex flex-col gap-3 rounded-md border border-amber bg-surface p-4">
      <h2 id="asked" className="flex items-start gap-2 text-14 font-medium">
        <Glyph name="◆" className="mt-1.5 text-amber" />
        {questionsWords(questions.length)}
      </h2>
      <ul className="flex flex-col gap-4">
        {questions.map((question) => {
          const { path, asks, answers, examples, lead } = askedOf(question, fields);
          return (
            <li key={path} className="flex flex-col gap-2">
              <p className="text-14" id={`asks-${path}`}>
                {asks}
              </p>
              {examples.length > 0 ? (
                <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1 text-12 text-muted">
                  <span>{lead}</span>
                  {examples.slice(0, EXAMPLES).map((text) => (
                    <span key={text} className="max-w-72 truncate font-mono text-text">
                      {text}
                    </span>
                  ))}
                </p>
              ) : null}
              <fieldset aria-labelledby={`asks-${path}`} className="flex flex-wrap gap-2">
                {answers.map(({ choice, label, hint }) => (
                  <Button
                    key={choice}
                    pending={answer.isPending}
                    disabled={onAnswer === null}
                    onClick={() => answer.mutate({ ...changeOfAnswer(path, choice, fields), digest })}
                    className="h-auto! min-h-8 py-1"
                  >
                    <span>{label}</span>
                    {hint && hint !== label ? <span className="font-normal text-muted">{hint}</span> : null}
                  </Button>
                ))}
              </fieldset>
            </li>
          );
        })}
      </ul>
      {onAnswer === null ? <p className="text-muted">An operator or an admin answers this.</p> : null}
      {answer.error ? (
        <p role="alert" className="text-red">
          {answer.error.message}
        </p>
      ) : null}
    </section>
  );
}

const EXAMPLES = 4;
