'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queries } from '#components/api-client.ts';
import { Banner } from '#components/ui/banner.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Textarea } from '#components/ui/field.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { Outside } from '#components/ui/outside.tsx';
import type { ExamplesPart } from '#lib/classifiers/examples/part.ts';
import type { Rule } from '#lib/classifiers/rules/part.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { RulesDifference } from '#lib/shapes/plans.ts';
import { ChangeInstruction } from './change-instruction.tsx';
import { ClassifySection } from './classify-section.tsx';
import { LessonsOffer } from './lessons-offer.tsx';
import { FaultsProvider, fieldAt, useFaults } from './plan-faults.tsx';
import { rulesOf } from './revision-words.ts';
import { changeWords, moveWords, type RulesAsked, type RulesNow, rulesAsked, rulesNowOptions } from './rules-change.ts';

/** `from`: the corrected item that it comes from. `line`: what is proposed to be added to the instruction, where there is one in place of rules. */
export type ChangeAsked = RulesAsked & { from?: { chunk: number; ordinal: number }; line?: string };

type Props = ChangeAsked & {
  open: boolean;
  onClose: () => void;
  batchId: string;
  /** the chunk at whose checkpoint it was asked for: it is classified again unless somebody says otherwise */
  chunk: number | null;
  onDone: () => void;
  /** sends the chunk back with a note, where the batch has no rules to change; null: there is no chunk */
  onSendBack: ((note: string) => void) | null;
};

/** The rules of a batch that runs: edited, then what would change, then done. Nothing is done before the difference was shown. */
export function ChangeRulesDialog({ open, onClose, ...props }: Props) {
  const { data, error, refetch } = useQuery({ ...rulesNowOptions(props.batchId), enabled: open });
  if (open && data?.revision.byInstruction)
    return (
      <ChangeInstruction key={data.revision.revision} revision={data.revision} onClose={onClose} onStale={refetch} {...props} />
    );
  if (open && data) return <Change key={data.revision.revision} now={data} onClose={onClose} onStale={refetch} {...props} />;
  return (
    <Dialog open={open} onClose={onClose} title="Change the rules" footer={<Button onClick={onClose}>Cancel</Button>}>
      {error ? (
        <Banner kind="warning" actions={<Button onClick={() => refetch()}>Try again</Button>}>
          The rules could not be read.
        </Banner>
      ) : (
        <p className="text-muted">Reading the rules…</p>
      )}
    </Dialog>
  );
}

type ChangeProps = Omit<Props, 'open'> & { now: RulesNow; onStale: () => void };

function Change({ now, batchId, chunk, first, without, at, from, onClose, onDone, onStale, onSendBack }: ChangeProps) {
  const { revision, noun, fields, datasetId } = now;
  const [asked] = useState(() => rulesAsked(rulesOf(revision), { first, without, at }));
  const [plan, setPlan] = useState<Plan>(() => withRules(revision.plan, asked.rules));
  const [note, setNote] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<number>>(() => new Set(chunk === null ? [] : [chunk]));
  const { faults, tell } = useFaults();
  const { rules, taught, otherwise } = plan.classifier as { rules?: never[]; taught?: never[]; otherwise?: string };
  const change = {
    revision: revision.revision,
    ...(rules && { rules }),
    ...(taught && { taught }),
    ...(otherwise !== undefined && { otherwise }),
  };
  const compare = useMutation(queries.batches.previewRevision.mutationOptions());
  const again = [...chosen].filter((number) => compare.data?.chunks.some((one) => one.number === number));
  const save = useMutation({
    mutationKey: queries.batches.revise.mutationKey(),
    mutationFn: () =>
      api.batches.revise({
        params: { id: batchId },
        body: { ...change, chunks: again, ...(note.trim() ? { note: note.trim() } : {}), ...(from ? { from } : {}) },
      }),
    onSuccess: () => {
      onDone();
      onClose();
    },
  });
  const edit = (next: Plan) => {
    setPlan(next);
    compare.reset();
    save.reset();
  };
  const learn = (part: ExamplesPart) => edit({ ...plan, classifier: part as unknown as Plan['classifier'] });
  const refusal = save.error ?? compare.error;
  const isStale = (refusal as { code?: string } | null)?.code === 'stale';
  const noteField = (
    <Field label={revision.editor === null ? 'What is wrong with it?' : 'Why? (kept with the receipt)'}>
      <Textarea rows={2} value={note} onChange={(event) => setNote(event.target.value)} />
    </Field>
  );
  if (revision.editor === null)
    return (
      <Dialog
        open
        onClose={onClose}
        title="Send the chunk back?"
        description="This batch has no rules to change. The chunk is classified again and comes back here. People’s corrections stay. Nothing is sent. Your note stays with the chunk."
        footer={
          <>
            <Button kind="primary" disabled={note.trim() === '' || onSendBack === null} onClick={() => onSendBack?.(note.trim())}>
              Send back
            </Button>
            <Button onClick={onClose}>Cancel</Button>
          </>
        }
      >
        {noteField}
      </Dialog>
    );
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={taught ? 'Learn from corrections' : 'Change the rules'}
      initialFocus={asked.at === null ? undefined : () => fieldAt(`classifier.rules.${asked.at}`)}
      description={
        taught
          ? 'For everything that is not approved yet. You see what would change before anything is done. It learns from nothing by itself.'
          : 'For everything that is not approved yet. The first rule that matches decides. You see what would change before anything is done.'
      }
      footer={
        <>
          {compare.data ? (
            <Button
              kind="primary"
              pending={save.isPending}
              disabled={again.length === 0 && compare.data.toCome.chunks === 0}
              onClick={() => save.mutate()}
            >
              {taught ? 'Use what it learned' : 'Use these rules'}
              {again.length === 0 ? '' : `, classify ${formatNoun(again.length, 'chunks')} again`}
            </Button>
          ) : (
            <Button
              kind="primary"
              pending={compare.isPending}
              disabled={faults.length > 0}
              onClick={() =>
                compare.mutate({ params: { id: batchId }, body: { ...change, chunks: chunk === null ? [] : [chunk] } })
              }
            >
              Show what would change
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {asked.gone ? (
          <Banner kind="warning">This rule is not among the latest rules any more: somebody changed or removed it.</Banner>
        ) : null}
        {taught ? <LessonsOffer batchId={batchId} part={plan.classifier as unknown as ExamplesPart} onLearn={learn} /> : null}
        <FaultsProvider value={tell}>
          <ClassifySection
            plan={plan}
            forms={{ classifiers: [{ kind: plan.classifier.kind, editor: revision.editor }], actions: [], connections: [] }}
            fields={fields}
            dataset={{ id: datasetId }}
            preview={null}
            problems={problemsOf(refusal)}
            onChange={edit}
            running
          />
        </FaultsProvider>
        {refusal ? (
          <Banner kind="warning" actions={isStale ? <Button onClick={onStale}>Read the rules again</Button> : undefined}>
            {refusal.message}
          </Banner>
        ) : null}
        {compare.data ? (
          <>
            {again.length === 0 && compare.data.toCome.chunks === 0 ? (
              <Banner>No chunk is to come that would take these rules. Choose those that are to be classified again.</Banner>
            ) : null}
            <Difference difference={compare.data as RulesDifference} {...{ chunk, noun, chosen, again }} onChoose={setChosen} />
          </>
        ) : null}
        {noteField}
      </div>
    </Dialog>
  );
}

/** A plan with other rules; one whose classifier has none stays as it is. */
function withRules(plan: Plan, rules: Rule[]): Plan {
  return rulesOf({ plan }).length === 0 && rules.length === 0
    ? plan
    : { ...plan, classifier: { ...plan.classifier, rules: rules as never } };
}

function problemsOf(refusal: unknown): { path: string; message: string }[] {
  const { data } = (refusal ?? {}) as { data?: { problems?: { path: string; message: string }[] } };
  return data?.problems ?? [];
}

type DifferenceProps = {
  difference: RulesDifference;
  chunk: number | null;
  noun: string;
  chosen: ReadonlySet<number>;
  again: readonly number[];
  onChoose: (chosen: ReadonlySet<number>) => void;
};

/** So many chunks are listed by name; all can be chosen together. */
const LISTED_MAX = 50;

function Difference({ difference, chunk, noun, chosen, again, onChoose }: DifferenceProps) {
  const { chunks, moves, left, looked } = difference;
  const all = chunks.length > 0 && chunks.every(({ number }) => chosen.has(number));
  const listed = chunks.slice(0, LISTED_MAX);
  const toggle = (number: number) => {
    const next = new Set(chosen);
    if (!next.delete(number)) next.add(number);
    onChoose(next);
  };
  return (
    <section aria-label="What would change" className="flex flex-col gap-3 rounded-md border border-hairline p-4">
      <h3 className="text-14 font-medium">What would change</h3>
      {moves.length === 0 ? (
        <p>
          {looked === 0
            ? 'No chunk awaits its review.'
            : `None of ${formatNoun(looked, noun)} that await their review would move.`}
        </p>
      ) : (
        <ul className="flex flex-col gap-1">
          {moves.map((move) => (
            <li key={`${move.from} ${move.to}`}>
              {moveWords(move, noun)}
              <span className="block truncate text-12 text-muted">
                {move.examples.map(({ ordinal, line }) => (
                  <span key={ordinal} className="mr-3">
                    <Outside text={line} />
                  </span>
                ))}
              </span>
            </li>
          ))}
        </ul>
      )}
      {chunks.length > 0 ? (
        <fieldset className="flex flex-col gap-1">
          <legend className="mb-1 text-12 text-muted">Classify again</legend>
          {chunks.length > 1 ? (
            <label className="flex items-center gap-2">
              <input
                type="checkbox"
                checked={all}
                onChange={() => onChoose(all ? new Set() : new Set(chunks.map(({ number }) => number)))}
              />
              All {formatNoun(chunks.length, 'chunks')} that were looked at
            </label>
          ) : null}
          {listed.map(({ number, name, items, looked: own, moves: theirs }) => (
            <label key={number} className="flex items-center gap-2">
              <input type="checkbox" checked={chosen.has(number)} onChange={() => toggle(number)} />
              <span className="min-w-0 truncate">
                {name}
                {number === chunk ? ' (this one)' : ''}:{' '}
                {theirs.length === 0 ? 'nothing moves' : theirs.map((move) => moveWords(move, noun)).join(', ')}
                {own < items ? `, of the first ${formatNoun(own, noun)} of ${formatNoun(items, noun)}` : ''}
              </span>
            </label>
          ))}
          {chunks.length > LISTED_MAX ? (
            <span className="text-muted">and {formatNoun(chunks.length - LISTED_MAX, 'chunks')} more</span>
          ) : null}
        </fieldset>
      ) : null}
      {left.items > 0 ? (
        <p className="text-muted">
          Not looked at: {formatNoun(left.items, noun)} in {formatNoun(left.chunks, 'chunks')} that await their review.
        </p>
      ) : null}
      <ul className="flex flex-col gap-0.5 text-muted">
        {changeWords(difference, again, noun).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}
