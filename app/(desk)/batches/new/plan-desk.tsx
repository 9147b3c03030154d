'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useEffect, useMemo, useState } from 'react';
import { toast } from 'sonner';
import { changeBatchAction, startBatchAction } from '#app/(desk)/batches/actions.ts';
import { ReadingQuestions } from '#app/(desk)/datasets/[id]/reading-questions.tsx';
import { api, asOutcome, queries, refusalOf } from '#components/api-client.ts';
import { FieldLabelsOf } from '#components/datasets/field-labels.tsx';
import { fieldWords, TYPE_WORDS } from '#components/datasets/reading-words.ts';
import { UnreadableLink } from '#components/datasets/unreadable-link.tsx';
import { unfinished } from '#components/plans/classifier-editor.tsx';
import { LeaveGuard } from '#components/plans/leave-guard.tsx';
import { inZone, MisfitList } from '#components/plans/misfit-list.tsx';
import {
  dropDraft,
  keepDraft,
  type MadeBatch,
  type PlanDraft,
  readDraft,
  type SentBatch,
} from '#components/plans/plan-drafts.ts';
import { PlanEditor } from '#components/plans/plan-editor.tsx';
import { refusalLinks, type StoppedTarget, stoppedFor } from '#components/plans/refusal-links.ts';
import { type SavedAt, SavePlanDialog } from '#components/plans/save-plan-dialog.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Button, ButtonLink } from '#components/ui/button.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { newId } from '#components/ui/new-id.ts';
import { Notes } from '#components/ui/notes.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useTimeZone } from '#components/ui/relative-time.tsx';
import { useSettled } from '#components/ui/use-settled.ts';
import type { Plan, PlanInput } from '#lib/core/plans/plan.ts';
import { meaningOf, TEXT } from '#lib/core/values/meaning.ts';
import type { BatchView } from '#lib/shapes/batches.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import type { Reading } from '#lib/shapes/readings.ts';
import { withoutEnding } from '#lib/steps/file-stem.ts';
import type { PlanAgain } from '#lib/steps/plans/plan-again.ts';
import type { PlanForms } from '#lib/steps/plans/plan-forms.ts';
import { shownPreview } from './shown-preview.ts';

const TYPING_MS = 250;
const UNANSWERED_MS = 2_000;

/** What the plan is taken from, where it is not drafted: a saved plan, or a batch's. */
export type TakenFrom = Pick<PlanAgain, 'name' | 'notes' | 'misfits' | 'saved'>;

type Props = {
  /** the actor's id: what is typed is kept for nobody else */
  person: string;
  /** what is planned here, among all that the person may have open: "dataset:<id>" */
  place: string;
  dataset: Pick<DatasetView, 'id' | 'name' | 'itemCount' | 'unreadableCount' | 'noun' | 'fields' | 'labels'>;
  draft: Plan;
  forms: PlanForms;
  /** why the draft is as it is, one sentence a choice */
  reasons: string[];
  /** how its dataset was read: what is asked of that has to be said before the start */
  reading: Pick<Reading, 'dataset' | 'digest' | 'fields'>;
  /** null: the plan was drafted */
  from: TakenFrom | null;
  /** the proposed batch that is changed; null: one is made */
  batch: MadeBatch | null;
  /** what another batch left unsent, where the batch reviews that again; null: it is of the whole dataset */
  rest: { of: NonNullable<BatchView['restOf']>; items: number } | null;
  /** targets that nobody sends to now */
  stopped: StoppedTarget[];
};

/** The plan of a batch. A drafted one is in the time zone of whoever plans: only their browser knows it. */
export function PlanDesk({ draft, ...props }: Props) {
  const zone = useTimeZone();
  const [round, setRound] = useState(0);
  const own = props.from === null && props.batch === null && zone !== null;
  return (
    <ZonedDesk
      key={`${zone} ${round} ${props.batch?.planDigest}`}
      {...props}
      zone={zone}
      draft={own ? inZone(draft, zone) : draft}
      onAnew={() => setRound(round + 1)}
    />
  );
}

type ZonedProps = Props & { zone: string | null; onAnew: () => void };

/** Every change is previewed by the planner that the start uses. */
function ZonedDesk({
  person,
  place,
  dataset,
  reading,
  zone,
  draft,
  forms,
  reasons,
  from,
  batch,
  rest,
  stopped,
  onAnew,
}: ZonedProps) {
  const router = useRouter();
  const { noun } = dataset;
  const [begun] = useState((): PlanDraft => {
    const name = batch?.name ?? (from?.saved ? from.name : null) ?? `Classify ${withoutEnding(dataset.name)}`;
    return { name, plan: draft, made: batch, sent: null };
  });
  // Only in the browser: there the time zone is known.
  const [restored] = useState(() => (zone === null ? null : readDraft(sessionStorage, person, place)));
  const [{ name, plan, made, sent }, setDraft] = useState(restored ?? begun);
  const setName = (next: string) => setDraft((before) => ({ ...before, name: next }));
  const setPlan = (next: Plan) => setDraft((before) => ({ ...before, plan: next }));
  const [saved, setSaved] = useState<SavedAt | null>(from?.saved ? { ...from.saved, name: from.name } : null);
  const [saving, setSaving] = useState(false);
  // What a batch has been made of is kept as that batch.
  const changed = !isSame({ name, plan }, made ?? begun);
  const [left, setLeft] = useState(false);
  useEffect(() => {
    if (zone === null || left) return;
    if (changed || sent || made !== begun.made) keepDraft(sessionStorage, person, place, { name, plan, made, sent });
    else dropDraft(sessionStorage, person, place);
  }, [zone, left, changed, person, place, name, plan, made, sent, begun.made]);
  const forget = () => {
    setLeft(true);
    dropDraft(sessionStorage, person, place);
  };
  const anew = () => {
    forget();
    onAnew();
    router.refresh();
  };
  const settled = useLastFinished(useSettled(plan, TYPING_MS), forms);
  const fields = useMemo(
    () =>
      dataset.fields.map((field) => {
        const guess = reading.fields.find(({ name: of }) => of === field.name);
        return { ...field, meaning: guess ? meaningOf(guess) : TEXT, means: guess ? fieldWords(guess) : TYPE_WORDS.text };
      }),
    [dataset.fields, reading.fields],
  );
  const ofRest = rest && batch ? batch.id : null;
  const { data, isPlaceholderData, failureReason, fetchStatus } = useQuery({
    ...queries.batches.preview.queryOptions({
      input: { body: { datasetId: dataset.id, plan: settled, ...(ofRest ? { batchId: ofRest } : {}) } },
    }),
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
  /** The batch of what is on the screen: the one that was made before, changed where that is needed, or else a new one. */
  const put = async (): Promise<Outcome<MadeBatch>> => {
    const keep = (next: Pick<PlanDraft, 'made' | 'sent'>) => setDraft((before) => ({ ...before, ...next }));
    let at = made;
    if (at === null) {
      const asked = sent ?? { key: newId(), name, plan };
      keep({ made: null, sent: asked });
      const answer = await createKeyed(dataset.id, asked);
      if (!answer.ok && !UNKNOWN.has(answer.code)) keep({ made: null, sent: null });
      if (!answer.ok) return answer;
      at = answer.value;
    }
    if (!isSame({ name, plan }, at)) {
      const answer = await changeBatchAction({ batchId: at.id, planDigest: at.planDigest, name, plan });
      if (!answer.ok) {
        keep({ made: at, sent: null });
        return answer;
      }
      at = { ...answer.value, name, plan };
    }
    keep({ made: at, sent: null });
    return { ok: true, value: at };
  };
  const go = async (start: boolean, acceptUnreadable?: number): Promise<Outcome> => {
    const outcome = await put();
    if (!outcome.ok) return outcome;
    const { id, planDigest } = outcome.value;
    const accepted = acceptUnreadable === undefined ? {} : { acceptUnreadable };
    const started = start ? await startBatchAction({ batchId: id, planDigest, ...accepted }) : outcome;
    if (!started.ok) return started;
    forget();
    router.push(`/batches/${id}`);
    return started;
  };
  const halted = stoppedFor(plan.categories, stopped);

  return (
    <>
      <LeaveGuard changed={changed && !left} onDiscard={forget} />
      <PageHeader
        title={batch ? `Change the plan of ${batch.name}` : 'Plan a batch'}
        actions={
          batch ? null : (
            <ButtonLink kind="ghost" href={`/plans?dataset=${dataset.id}`}>
              Saved plans
            </ButtonLink>
          )
        }
        meta={
          <>
            <span>
              {dataset.name} · {formatNoun(dataset.itemCount, noun)}
            </span>
            <UnreadableLink datasetId={dataset.id} count={dataset.unreadableCount} />
          </>
        }
      />
      {restored ? (
        <Banner
          className="mb-4"
          actions={
            <Button size="small" onClick={anew}>
              Begin anew
            </Button>
          }
        >
          What you typed here before is back.{' '}
          {made && made.id !== batch?.id ? 'It is saved as a batch that was not started.' : ''}
        </Banner>
      ) : null}
      {from ? (
        <>
          <Notes notes={from.notes} />
          <MisfitList {...{ plan, zone }} from={from.name} misfits={from.misfits} datasetId={dataset.id} onChange={setPlan} />
        </>
      ) : null}
      {rest ? (
        <Banner className="mb-4">
          Reviews again what{' '}
          <Link href={`/batches/${rest.of.id}`} className="font-medium underline underline-offset-2">
            {rest.of.name}
          </Link>{' '}
          left unsent: {formatNoun(rest.items, noun)} of the {formatNoun(dataset.itemCount, noun)}. What was done there and not
          undone, and what is uncertain, is not in it. What people corrected stays corrected.
        </Banner>
      ) : null}
      {halted.map(({ target, message }) => (
        <Banner
          key={target}
          kind="warning"
          className="mb-4"
          actions={
            <ButtonLink size="small" href="/admin">
              Look at it
            </ButtonLink>
          }
        >
          Nobody sends to {target} now: {message}
        </Banner>
      ))}
      <ReadingQuestions reading={{ ...reading, questions: shown?.questions ?? [] }} mayAnswer onAnswered={recount} />
      {reasons.length > 0 ? (
        <details className="mb-4 text-muted">
          <summary className="w-fit cursor-pointer hover:text-text">Why the plan is filled in like this</summary>
          <ul className="mt-2 flex list-disc flex-col gap-1 pl-5">
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </details>
      ) : null}
      <FieldLabelsOf labels={dataset.labels}>
        <PlanEditor
          name={name}
          plan={plan}
          forms={forms}
          fields={fields}
          dataset={dataset}
          preview={shown ? shownPreview(shown, ofRest) : null}
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
          onStart={(accepted) => go(true, accepted)}
          onLater={() => go(false)}
          changes={batch !== null}
          linksOf={(refusal) => refusalLinks(refusal, { datasetId: dataset.id, made: made?.id ?? null })}
          more={
            <Button kind="ghost" onClick={() => setSaving(true)}>
              Save plan…
            </Button>
          }
        />
      </FieldLabelsOf>
      <SavePlanDialog
        open={saving}
        onClose={() => setSaving(false)}
        {...{ plan, datasetId: dataset.id, from: saved, proposed: name }}
        onSaved={(next) => {
          setSaved(next);
          toast.success(`“${next.name}” is saved for the next file.`);
        }}
      />
    </>
  );
}

/** Refusals after which nobody knows whether the batch was made: the same is asked for again. */
const UNKNOWN: ReadonlySet<string> = new Set(['unanswered', 'not_sent', 'unauthenticated', 'unavailable', 'internal']);

/** Twice with one key it makes one batch. */
async function createKeyed(datasetId: string, { key, name, plan }: SentBatch): Promise<Outcome<MadeBatch>> {
  const body = { datasetId, name, plan: plan as PlanInput };
  const made = await asOutcome(api.batches.create({ headers: { 'idempotency-key': key }, body }));
  return made.ok ? { ok: true, value: { id: made.value.id, planDigest: made.value.planDigest, name, plan } } : made;
}

function isSame(one: Pick<PlanDraft, 'name' | 'plan'>, other: Pick<PlanDraft, 'name' | 'plan'>): boolean {
  return (
    one === other ||
    (one.name === other.name && (one.plan === other.plan || JSON.stringify(one.plan) === JSON.stringify(other.plan)))
  );
}

/** The last of these plans in which nothing was still to be filled in: there is nothing to ask the planner of the others. */
function useLastFinished(plan: Plan, forms: PlanForms): Plan {
  const [last, setLast] = useState(plan);
  if (last === plan || unfinished(forms, plan)) return last;
  setLast(plan);
  return plan;
}
