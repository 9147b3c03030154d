'use client';

import { useState } from 'react';
import { effectWord } from '#components/checkpoint/words.ts';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { Disclosure } from '#components/ui/disclosure.tsx';
import { Field, Input } from '#components/ui/field.tsx';
import { formatCount, formatDuration, formatNoun } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { useAct } from '#components/ui/use-act.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { type Plan, parsePlan } from '#lib/core/plan.ts';
import { JsonField } from './action-editor.tsx';
import { CategoriesSection } from './categories-section.tsx';
import { ChunksSection } from './chunks-section.tsx';
import { GatesSection, IndependenceSection, LimitsSection } from './limits-section.tsx';
import type { FieldProfile, PlanPreview, PlanProblem } from './plan-preview.ts';
import { SortSection } from './sort-section.tsx';

type Props = {
  /** the batch's name, asked as "What should happen?" */
  name: string;
  plan: Plan;
  fields: FieldProfile[];
  dataset: { name: string; itemCount: number; unreadableCount: number; noun: string };
  /** the last preview that could be made; null before the first */
  preview: PlanPreview | null;
  previewing: boolean;
  /** why the newest plan has no preview: then the counts are from the last valid one */
  previewError: { message: string; problems: PlanProblem[] } | null;
  onName: (name: string) => void;
  onChange: (plan: Plan) => void;
  onStart: () => Promise<Outcome>;
  onSave: () => Promise<Outcome>;
};

/** The plan on one screen, filled in already: each section says its gist, and opens for whoever wants more. */
export function PlanEditor({
  name,
  plan,
  fields,
  dataset,
  preview,
  previewing,
  previewError,
  onName,
  onChange,
  onStart,
  onSave,
}: Props) {
  const start = useAct(onStart);
  const save = useAct(onSave);
  const [jsonProblem, setJsonProblem] = useState<string | null>(null);
  const problems = previewError?.problems ?? preview?.problems ?? [];
  const refusal = start.refusal ?? save.refusal;
  const blocked = problems.length > 0 || previewError !== null || jsonProblem !== null || preview === null;

  const fromJson = (value: unknown) => {
    try {
      onChange(parsePlan(value));
      setJsonProblem(null);
    } catch (error) {
      setJsonProblem(error instanceof CountersignError ? error.message : 'This is not a plan.');
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!blocked) void start.run();
      }}
      className="flex flex-col gap-4"
      aria-busy={previewing}
    >
      <Field label="What should happen?" className="max-w-2xl">
        <Input value={name} maxLength={200} required onChange={(event) => onName(event.target.value)} className="text-14" />
      </Field>
      {previewError ? (
        <Banner kind="warning">
          {previewError.message}
          {preview ? ' Counts are from the last valid plan.' : ''}
        </Banner>
      ) : null}

      <div className={previewing ? 'opacity-90' : undefined}>
        <Disclosure title="Sort" summary={<SortSummary preview={preview} />} open>
          <SortSection plan={plan} fields={fields} preview={preview} problems={problems} onChange={onChange} />
        </Disclosure>
        <Disclosure title="Categories" summary={<ActionSummary plan={plan} />} open={plan.categories.length <= 4}>
          <CategoriesSection plan={plan} fields={fields} preview={preview} problems={problems} onChange={onChange} />
        </Disclosure>
        <Disclosure title={`Chunks by ${chunkWords(plan)}`} summary={preview ? chunkSummary(preview) : '…'} open>
          <ChunksSection plan={plan} fields={fields} preview={preview} noun={dataset.noun} onChange={onChange} />
        </Disclosure>
        <Disclosure
          title="Independence"
          summary={
            preview ? (
              <span className={preview.independence.ok ? '' : 'text-amber'}>
                {preview.independence.ok ? 'OK: ' : ''}
                {preview.independence.ok ? uncapitalised(preview.independence.message) : preview.independence.message}
              </span>
            ) : null
          }
        >
          <IndependenceSection plan={plan} fields={fields} onChange={onChange} />
        </Disclosure>
        <Disclosure title="Asking" summary={preview?.gate.words}>
          <GatesSection plan={plan} onChange={onChange} />
          {preview ? <p className="mt-3 text-muted">{preview.routing}</p> : null}
        </Disclosure>
        <Disclosure title="Limits" summary={limitWords(plan)}>
          <LimitsSection plan={plan} onChange={onChange} />
        </Disclosure>
        <Disclosure title="JSON" summary="the same plan, as the API takes it">
          <JsonField label="The plan" value={plan} rows={16} onChange={fromJson} />
          {jsonProblem ? (
            <p role="alert" className="mt-1 text-12 text-red">
              {jsonProblem}
            </p>
          ) : null}
        </Disclosure>
      </div>

      <div className="sticky bottom-0 z-20 -mx-4 flex flex-wrap items-center gap-2 border-t border-hairline bg-background px-4 py-2.5 max-sm:bottom-12 sm:-mx-6 sm:-mb-12 sm:px-6">
        <Button kind="primary" type="submit" pending={start.pending} disabled={blocked}>
          {startWords(preview, dataset)}
        </Button>
        <Button kind="ghost" onClick={() => void save.run()} pending={save.pending} disabled={blocked}>
          Save plan
        </Button>
        {problems.length > 0 ? (
          <span className="text-12 text-red">{formatNoun(problems.length, 'places')} to mend first</span>
        ) : null}
        {refusal ? (
          <p role="alert" className="w-full text-red">
            {refusal.message}
          </p>
        ) : null}
      </div>
    </form>
  );
}

function uncapitalised(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function SortSummary({ preview }: { preview: PlanPreview | null }) {
  if (!preview) return <>counting…</>;
  return (
    <span className="flex flex-wrap gap-x-3">
      {preview.categories.map(({ name, count, action }) => (
        <span key={name} className="whitespace-nowrap">
          {name} <span className="text-text">{formatCount(count)}</span>
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

function chunkWords({ chunking }: Plan): string {
  if (chunking.by === 'time') return chunking.every;
  return chunking.by === 'category' ? chunking.field : 'size';
}

function chunkSummary({ chunks, decisions, minutes }: PlanPreview): string {
  return `${formatNoun(chunks.length, 'chunks')} · ${formatNoun(decisions, 'decisions')} · about ${formatDuration(minutes * 60)}`;
}

function limitWords({ execution }: Plan): string {
  const first = execution.first === 0 ? 'all at once' : `first ${formatCount(execution.first)}, then ask`;
  const rate = execution.ratePerSecond === null ? '' : ` · at most ${formatCount(execution.ratePerSecond)}/s`;
  return `${first} · ${formatCount(execution.concurrency)} at a time${rate} · halt after ${formatCount(execution.haltAfter.consecutive)} failures in a row`;
}

function startWords(preview: PlanPreview | null, dataset: Props['dataset']): string {
  if (!preview) return 'Start';
  const count = preview.gate.next === 'parallel' ? dataset.itemCount : (preview.firstUp?.itemCount ?? 0);
  return `Start${preview.gate.next === 'pilot' ? ' pilot' : ''}: sorts ${formatNoun(count, dataset.noun)}, changes nothing`;
}
