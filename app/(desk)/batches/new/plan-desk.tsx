'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useEffect, useMemo, useState } from 'react';
import { createBatchAction } from '#app/(desk)/batches/actions.ts';
import { ReadingQuestions } from '#app/(desk)/datasets/[id]/reading-questions.tsx';
import { queries, refusalOf } from '#components/api-client.ts';
import { FieldLabelsOf } from '#components/datasets/field-labels.tsx';
import { fieldWords, TYPE_WORDS } from '#components/datasets/reading-words.ts';
import { UnreadableLink } from '#components/datasets/unreadable-link.tsx';
import { unfinished } from '#components/plans/classifier-editor.tsx';
import { PlanEditor } from '#components/plans/plan-editor.tsx';
import { formatNoun } from '#components/ui/format.ts';
import type { Outcome } from '#components/ui/outcome.ts';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useTimeZone } from '#components/ui/relative-time.tsx';
import { useSettled } from '#components/ui/use-settled.ts';
import { isTyped, type Plan } from '#lib/core/plans/plan.ts';
import { meaningOf, TEXT } from '#lib/core/values/meaning.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { withoutEnding } from '#lib/steps/file-stem.ts';
import type { PlanForms } from '#lib/steps/plans/plan-forms.ts';
import { shownPreview } from './shown-preview.ts';

const TYPING_MS = 250;
const UNANSWERED_MS = 2_000;

type Props = {
  dataset: Pick<DatasetView, 'id' | 'name' | 'itemCount' | 'unreadableCount' | 'noun' | 'fields' | 'labels'>;
  draft: Plan;
  forms: PlanForms;
  /** why the draft is as it is, one sentence a choice */
  reasons: string[];
  /** how its dataset was read: what is asked of that has to be said before the start */
  reading: Pick<Reading, 'dataset' | 'digest' | 'fields'>;
};

/** The plan of a new batch, drafted in the time zone of whoever plans: only their browser knows it. */
export function PlanDesk({ draft, ...props }: Props) {
  const zone = useTimeZone();
  return <ZonedDesk key={zone} {...props} zone={zone} draft={zone === null ? draft : inZone(draft, zone)} />;
}

function inZone(plan: Plan, timeZone: string): Plan {
  const { chunking } = plan;
  return {
    ...plan,
    ...(isTyped(plan) ? { timeZone } : {}),
    chunking: chunking.by === 'time' ? { ...chunking, timeZone } : chunking,
  };
}

/** Every change is previewed by the planner that the start uses. */
function ZonedDesk({ dataset, reading, zone, draft, forms, reasons }: Props & { zone: string | null }) {
  const router = useRouter();
  const { noun } = dataset;
  const [name, setName] = useState(() => `Classify ${withoutEnding(dataset.name)}`);
  const [plan, setPlan] = useState(draft);
  const settled = useLastFinished(useSettled(plan, TYPING_MS), forms);
  const fields = useMemo(
    () =>
      dataset.fields.map((field) => {
        const guess = reading.fields.find(({ name: of }) => of === field.name);
        return { ...field, meaning: guess ? meaningOf(guess) : TEXT, means: guess ? fieldWords(guess) : TYPE_WORDS.text };
      }),
    [dataset.fields, reading.fields],
  );
  const { data, isPlaceholderData, failureReason, fetchStatus } = useQuery({
    ...queries.batches.preview.queryOptions({ input: { body: { datasetId: dataset.id, plan: settled } } }),
    enabled: zone !== null,
    // What was counted last stays on the screen while the next is counted, or can't be.
    placeholderData: (before) => before,
    // A refusal is an answer; silence is asked again, and once it is known that the server is away, when it is back.
    retry: (_, reason) => refusalOf(reason).code === 'unanswered',
    retryDelay: UNANSWERED_MS,
  });
  const [valid, setValid] = useState(data);
  useEffect(() => {
    if (data) setValid(data);
  }, [data]);
  const shown = data ?? valid;
  const refusal = failureReason ? refusalOf(failureReason) : null;
  const silent = refusal?.code === 'unanswered' || fetchStatus === 'paused';

  const cache = useQueryClient();
  const recount = () => cache.invalidateQueries({ queryKey: queries.batches.preview.key() });
  const create = async (start: boolean, acceptUnreadable?: number): Promise<Outcome> => {
    const accepted = acceptUnreadable === undefined ? {} : { acceptUnreadable };
    const outcome = await createBatchAction({ datasetId: dataset.id, name, plan, start, ...accepted });
    if (outcome.ok) router.push(`/batches/${outcome.value.id}`);
    return outcome;
  };

  return (
    <>
      <PageHeader
        title="Plan a batch"
        meta={
          <>
            <span>
              {dataset.name} · {formatNoun(dataset.itemCount, noun)}
            </span>
            <UnreadableLink datasetId={dataset.id} count={dataset.unreadableCount} />
          </>
        }
      />
      <ReadingQuestions reading={{ ...reading, questions: shown?.questions ?? [] }} mayAnswer onAnswered={recount} />
      <details className="mb-4 text-muted">
        <summary className="w-fit cursor-pointer hover:text-text">Why the plan is filled in like this</summary>
        <ul className="mt-2 flex list-disc flex-col gap-1 pl-5">
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </details>
      <FieldLabelsOf labels={dataset.labels}>
        <PlanEditor
          name={name}
          plan={plan}
          forms={forms}
          fields={fields}
          dataset={dataset}
          preview={shown ? shownPreview(shown) : null}
          previewing={settled !== plan || data === undefined || isPlaceholderData}
          previewError={
            refusal || silent
              ? {
                  message: silent
                    ? 'The server does not answer. Asking again. What you typed is kept.'
                    : (refusal?.message ?? ''),
                  problems: refusal?.problems ?? [],
                }
              : null
          }
          onName={setName}
          onChange={setPlan}
          onStart={(accepted) => create(true, accepted)}
          onSave={() => create(false)}
        />
      </FieldLabelsOf>
    </>
  );
}

/** The last of these plans in which nothing was still to be filled in: there is nothing to ask the planner of the others. */
function useLastFinished(plan: Plan, forms: PlanForms): Plan {
  const [last, setLast] = useState(plan);
  if (last === plan || unfinished(forms, plan)) return last;
  setLast(plan);
  return plan;
}
