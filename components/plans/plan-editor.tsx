'use client';

import { useMutation } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react';
import { effectWord } from '#components/checkpoints/words.ts';
import { useFieldLabel, useLabelled } from '#components/datasets/field-labels.tsx';
import { UnreadableDialog } from '#components/datasets/unreadable-dialog.tsx';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { Disclosure } from '#components/ui/disclosure.tsx';
import { Field, Textarea } from '#components/ui/field.tsx';
import { formatCount, formatDuration, formatNoun } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Kbd } from '#components/ui/kbd.tsx';
import { Link } from '#components/ui/link.tsx';
import type { Outcome, Refusal } from '#components/ui/outcome.ts';
import { writing } from '#components/ui/writing.ts';
import { asksAboutRows } from '#lib/core/batches/unreadable.ts';
import { BATCH_NAME_CHARS_MAX, INSTRUCTION_CHARS_MAX } from '#lib/core/limits.ts';
import { isTyped, type Plan, timeZoneOf } from '#lib/core/plans/plan.ts';
import type { DatasetView } from '#lib/shapes/datasets.ts';
import type { PlanForms } from '#lib/steps/plans/plan-forms.ts';
import { CategoriesSection } from './categories-section.tsx';
import { ChunksSection } from './chunks-section.tsx';
import { planSchemaOnPage, startsWords } from './classifier-editor.tsx';
import { ClassifySection } from './classify-section.tsx';
import { JsonText } from './json-text.tsx';
import { GatesSection, IndependenceSection, LimitsSection } from './limits-section.tsx';
import { placeWords } from './place-words.ts';
import { FaultsProvider, goToPlace, useFaults } from './plan-faults.tsx';
import { type PlanPreview, type PlanProblem, problemsAt, type SectionProps } from './plan-preview.ts';
import { rateText } from './plan-told-words.ts';
import type { RefusalLink } from './refusal-links.ts';
import { RequestWarnings } from './request-warnings.tsx';
import { RowsBehind, RowsButton, RowsCount } from './rows-behind.tsx';
import { TextField } from './typed-field.tsx';
import { typedName, typedPlan, typedTimeZone } from './typed-value.ts';

type Props = Pick<SectionProps, 'plan' | 'fields' | 'preview' | 'onChange'> & {
  /** the batch's */
  name: string;
  dataset: Pick<DatasetView, 'id' | 'name' | 'itemCount' | 'unreadableCount' | 'noun'>;
  /** of the kinds that there are */
  forms: PlanForms;
  /** `preview`, the last that could be made, is not, or not yet, of this plan */
  previewing: boolean;
  /** why the newest plan has no preview: then the counts are from the last valid one */
  previewError: { message: string; problems: PlanProblem[] } | null;
  onName: (name: string) => void;
  /** `acceptUnreadable`: so many rows that could not be read were asked about, and a person starts without them */
  onStart: (acceptUnreadable: number | undefined) => Promise<Outcome>;
  /** keeps it as a batch that is started later */
  onLater: () => Promise<Outcome>;
  /** whether the batch is there already, and this changes it */
  changes: boolean;
  /** where a refusal leads */
  linksOf: (refusal: Refusal) => RefusalLink[];
  /** a further act of its last line: keeping the plan by name */
  more: ReactNode;
};

/** The plan on one screen, filled in already: each section says its gist, and opens for whoever wants more. */
export function PlanEditor({
  name,
  plan,
  forms,
  fields,
  dataset,
  preview,
  previewing,
  previewError,
  onName,
  onChange,
  onStart,
  onLater,
  changes,
  linksOf,
  more,
}: Props) {
  const start = useMutation(writing(['batches', 'create', 'start'], onStart));
  const [asking, setAsking] = useState(false);
  const later = useMutation(writing(['batches', 'create', 'later'], onLater));
  const { faults, tell } = useFaults();
  const label = useFieldLabel();
  const labelled = useLabelled();
  const schema = useMemo(() => planSchemaOnPage(forms), [forms]);
  const problems = previewError?.problems ?? preview?.problems ?? [];
  const refusal = (start.error ?? later.error)?.refusal ?? null;
  // Once it is made the page leaves for it, and nothing more is made here.
  const made = start.isSuccess || later.isSuccess;
  const blocked = faults.length > 0 || problems.length > 0 || previewError !== null;
  const ready = !blocked && !previewing && preview !== null;
  const [counting, setCounting] = useState(false);
  const button = useRef<HTMLButtonElement>(null);

  const begin = () => {
    if (!ready || made || start.isPending) return;
    // One answer at a time: the other button's refusal is over.
    later.reset();
    if (asksAboutRows({ read: dataset.itemCount, unreadable: dataset.unreadableCount })) setAsking(true);
    else start.mutate(undefined);
  };
  // Enter takes what was typed in a field, and starts nothing; Ctrl-Enter starts from wherever one is.
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.defaultPrevented || event.nativeEvent.isComposing) return;
    // A dialog of one of its sections stands elsewhere on the page.
    if (!(event.target instanceof Node && event.currentTarget.contains(event.target))) return;
    const field = event.target instanceof HTMLInputElement;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      if (event.repeat) return;
      setCounting(!blocked && !ready);
      const first = [...faults, ...problems][0];
      if (blocked && first) goToPlace(first.path);
      else begin();
    } else if (field) event.preventDefault();
  };

  return (
    <FaultsProvider value={tell}>
      <RowsBehind counted={preview} noun={dataset.noun} columns={fields.map((field) => field.name)}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            begin();
          }}
          onKeyDown={onKey}
          className="flex flex-col gap-4"
          aria-busy={previewing}
        >
          <a
            href={`#${START}`}
            onClick={(event) => {
              event.preventDefault();
              button.current?.focus();
            }}
            className="sr-only rounded-md focus:not-sr-only focus:px-2 focus:py-1"
          >
            Skip to the start of the batch
          </a>
          <div className="grid gap-x-4 gap-y-3 md:grid-cols-[minmax(0,1fr)_minmax(0,16rem)_minmax(0,12rem)]">
            {isTyped(plan) ? <InstructionField plan={plan} problems={problems} onChange={onChange} /> : null}
            <TextField
              label="Name of the batch"
              path="name"
              value={name}
              write={String}
              read={(text) => typedName(text, BATCH_NAME_CHARS_MAX)}
              onChange={onName}
            />
            {isTyped(plan) ? (
              <TextField
                label="Time zone for dates"
                path="timeZone"
                value={timeZoneOf(plan)}
                write={String}
                read={typedTimeZone}
                onChange={(timeZone) => onChange({ ...plan, timeZone })}
              />
            ) : null}
          </div>
          {previewError ? (
            <Banner kind="warning">
              {previewError.message}
              {preview ? ' Counts are from the last valid plan.' : ''}
            </Banner>
          ) : null}
          {preview ? <RequestWarnings preview={preview} /> : null}

          <div className={previewing ? 'opacity-90' : undefined}>
            <Disclosure title="Classify" beside={<ClassifySummary preview={preview} />} open>
              <ClassifySection
                plan={plan}
                forms={forms}
                fields={fields}
                dataset={dataset}
                preview={preview}
                problems={problems}
                onChange={onChange}
              />
            </Disclosure>
            <Disclosure title="Categories" summary={<ActionSummary plan={plan} />} open={plan.categories.length <= 4}>
              <CategoriesSection
                plan={plan}
                forms={forms}
                fields={fields}
                preview={preview}
                problems={problems}
                onChange={onChange}
              />
            </Disclosure>
            <Disclosure title={`Chunks by ${chunkWords(plan, label)}`} summary={preview ? chunkSummary(preview) : '…'} open>
              <ChunksSection
                plan={plan}
                fields={fields}
                preview={preview}
                problems={problems}
                noun={dataset.noun}
                onChange={onChange}
              />
            </Disclosure>
            <Disclosure
              title="Independence"
              summary={
                preview ? (
                  <span className={preview.independence.ok ? '' : 'text-amber'}>
                    {preview.independence.ok ? 'OK: ' : ''}
                    {labelled(preview.independence.ok ? uncapitalised(preview.independence.why) : preview.independence.why)}
                  </span>
                ) : null
              }
            >
              <IndependenceSection plan={plan} fields={fields} problems={problems} onChange={onChange} />
              {preview && !preview.independence.ok ? (
                <p className="mt-3">
                  <RowsButton
                    of={{ shared: true }}
                    title={labelled(preview.independence.why)}
                    fields={plan.independence.resource}
                  >
                    Show the rows that share something
                  </RowsButton>
                </p>
              ) : null}
            </Disclosure>
            <Disclosure title="Asking" summary={preview?.gates.why}>
              <GatesSection plan={plan} preview={preview} problems={problems} onChange={onChange} />
              {preview ? <p className="mt-3 text-muted">{preview.routing.why}</p> : null}
            </Disclosure>
            <Disclosure title="Limits" summary={limitWords(plan)}>
              <LimitsSection plan={plan} problems={problems} onChange={onChange} />
            </Disclosure>
            <Disclosure title="JSON" summary="the same plan, as the API takes it">
              <JsonText
                label="The plan"
                path=""
                value={plan}
                rows={16}
                read={(text) => typedPlan(text, schema)}
                onChange={onChange}
              />
            </Disclosure>
          </div>

          <div className="sticky bottom-0 z-20 -mx-4 flex flex-wrap items-center gap-2 border-t border-hairline bg-background px-4 py-2.5 max-sm:bottom-12 sm:-mx-6 sm:-mb-12 sm:px-6">
            {/* Until the preview of what was typed last is here they wait, so that nothing starts that was not shown. */}
            <Button
              ref={button}
              id={START}
              kind="primary"
              type="submit"
              title="Ctrl-Enter"
              pending={start.isPending || made || (!blocked && !ready)}
              disabled={blocked}
            >
              {startWords(plan, preview, dataset, forms)}
            </Button>
            <Button
              onClick={() => {
                start.reset();
                later.mutate();
              }}
              pending={later.isPending || made}
              disabled={!ready}
            >
              {changes ? 'Save the changes' : 'Keep for later'}
            </Button>
            {more}
            <span className="text-12 text-muted max-sm:hidden">
              <Kbd>Ctrl</Kbd> <Kbd>Enter</Kbd> starts
            </span>
            <span role="status" className={counting && !ready && !blocked ? 'text-amber' : 'sr-only'}>
              {counting && !ready && !blocked ? 'Still counting: nothing is started that was not shown. Press again then.' : ''}
            </span>
            <ToMend plan={plan} forms={forms} paths={[...new Set([...faults, ...problems].map(({ path }) => path))]} />
            {refusal ? (
              <p role="alert" className="w-full text-red">
                {refusal.message}{' '}
                {linksOf(refusal).map(({ href, words }) => (
                  <Link key={href} href={href} className="mr-3 font-medium underline underline-offset-2">
                    {words}
                  </Link>
                ))}
              </p>
            ) : null}
          </div>
        </form>
      </RowsBehind>
      <UnreadableDialog
        open={asking}
        onClose={() => setAsking(false)}
        pending={start.isPending || made}
        error={start.error?.message ?? null}
        datasetId={dataset.id}
        rows={{ read: dataset.itemCount, unreadable: dataset.unreadableCount }}
        onStart={() => start.mutate(dataset.unreadableCount, { onError: () => setAsking(false) })}
      />
    </FaultsProvider>
  );
}

/** What the batch is for, in the words of whoever plans it: whoever decides reads it. */
function InstructionField({ plan, problems, onChange }: Pick<SectionProps, 'plan' | 'problems' | 'onChange'>) {
  return (
    <Field label="What should happen?" hint="Shown at every checkpoint." error={problemsAt(problems, 'instruction')[0]?.message}>
      <Textarea
        rows={1}
        data-at="instruction"
        maxLength={INSTRUCTION_CHARS_MAX}
        value={plan.instruction ?? ''}
        placeholder="Close what nobody waits for any more; keep what a person has to read"
        onChange={({ target: { value } }) => {
          const { instruction: _, ...rest } = plan;
          onChange(value === '' ? rest : { ...rest, instruction: value });
        }}
        className="field-sizing-content max-h-40 resize-none! text-14"
      />
    </Field>
  );
}

/** How many places keep the plan from starting, and which; a press goes there. */
function ToMend({ plan, forms, paths }: { plan: Plan; forms: PlanForms; paths: string[] }) {
  if (paths.length === 0) return null;
  return (
    <div className="flex max-h-24 min-w-0 flex-wrap items-center gap-x-2 gap-y-1 overflow-y-auto text-12 max-sm:w-full">
      <span className="text-red">{formatNoun(paths.length, 'places')} to fix first:</span>
      <ul aria-label="To fix first" className="contents">
        {paths.map((path) => (
          <li key={path}>
            <Button size="small" onClick={() => goToPlace(path)}>
              {placeWords(path, plan, forms)}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

const START = 'start-of-batch';

function uncapitalised(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function ClassifySummary({ preview }: { preview: PlanPreview | null }) {
  if (!preview) return <>counting…</>;
  if (preview.categories.every(({ count }) => count === null)) return <>nobody knows the counts ahead</>;
  return (
    <span className="flex flex-wrap gap-x-3">
      {preview.categories.map(({ name, count, action }) => (
        <span key={name} className="whitespace-nowrap">
          {name} <RowsCount of={{ category: name }} count={count ?? 0} what={`classified as ${name}`} className="text-text" />
          {action && action.effect !== 'none' ? (
            <span className={action.effect === 'permanent' ? 'text-red' : ''}>
              {' '}
              {action.effect === 'undoable' ? <Glyph name="↩" className="inline size-2.5" /> : null} {effectWord(action)}
            </span>
          ) : null}
        </span>
      ))}
      {preview.soFar ? <span>so far</span> : null}
    </span>
  );
}

function ActionSummary({ plan }: { plan: Plan }) {
  const acting = plan.categories.filter(({ action }) => action !== null).length;
  return (
    <>
      {formatNoun(plan.categories.length, 'categories')}, {acting === 0 ? 'none acts' : `${formatCount(acting)} with an action`}
    </>
  );
}

function chunkWords({ chunking }: Plan, label: (name: string) => string): string {
  if (chunking.by === 'time') return chunking.every;
  return chunking.by === 'category' ? label(chunking.field) : 'size';
}

function chunkSummary({ chunks, decisions, minutes }: PlanPreview): string {
  return `${formatNoun(chunks.length, 'chunks')} · ${formatNoun(decisions, 'decisions')} · about ${formatDuration(minutes * 60)}`;
}

function limitWords({ execution }: Plan): string {
  const first = execution.first === 0 ? 'all at once' : `first ${formatCount(execution.first)}, then ask`;
  const rate = execution.ratePerSecond === null ? '' : ` · at most ${rateText(execution.ratePerSecond)}/s`;
  return `${first} · ${formatCount(execution.concurrency)} at a time${rate} · halt after ${formatCount(execution.haltAfter.consecutive)} failures in a row`;
}

function startWords(plan: Plan, preview: PlanPreview | null, dataset: Props['dataset'], forms: PlanForms): string {
  if (!preview) return 'Start';
  const count = preview.gates.next === 'parallel' ? dataset.itemCount : (preview.firstUp?.itemCount ?? 0);
  return `Start${preview.gates.next === 'pilot' ? ' pilot' : ''}: ${startsWords(forms, plan, formatNoun(count, dataset.noun))}, changes nothing`;
}
