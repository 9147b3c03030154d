import type { ReactNode } from 'react';
import { effectWord } from '#components/checkpoints/words.ts';
import { Banner } from '#components/ui/banner.tsx';
import { ButtonLink } from '#components/ui/button.tsx';
import { formatNoun } from '#components/ui/format.ts';
import { Glyph } from '#components/ui/glyph.tsx';
import { Link } from '#components/ui/link.tsx';
import { Notes } from '#components/ui/notes.tsx';
import { Outside } from '#components/ui/outside.tsx';
import { agentInPlan } from '#lib/classifiers/agent/part.ts';
import { examplesInPlan } from '#lib/classifiers/examples/part.ts';
import { manualInPlan } from '#lib/classifiers/manual/part.ts';
import { modelInPlan } from '#lib/classifiers/model/part.ts';
import { type RulesPart, rulesInPlan } from '#lib/classifiers/rules/part.ts';
import { isTyped, type Plan, timeZoneOf } from '#lib/core/plans/plan.ts';
import type { BatchView } from '#lib/shapes/batches.ts';
import type { FieldLabels } from '#lib/shapes/datasets.ts';
import type { RuleCounts } from '#lib/shapes/plans.ts';
import { PlanJson } from './plan-json.tsx';
import {
  actionTold,
  chunksTold,
  countsTold,
  gatesTold,
  independenceTold,
  labelsApart,
  limitsTold,
  ruleWords,
} from './plan-told-words.ts';
import { RuleCount, RuleItems } from './rule-items.tsx';

type Props = {
  batch: Pick<BatchView, 'id' | 'name' | 'state' | 'undoes' | 'categories' | 'datasetId'>;
  plan: Plan;
  notes: string[];
  labels: FieldLabels;
  /** what a receipt of it reads like, from an item of the file; null where there is none to show */
  example: string | null;
  /** which revision of the rules this is, where they were changed since the start, and which is in force */
  revision: { shown: number; latest: number } | null;
  /** what its rules classified so far; null where this person does not see items, and where nothing runs yet */
  counts: RuleCounts | null;
  /** what an item is called, as a plural, and the dataset's columns: for the rows behind a count */
  noun: string;
  columns: readonly string[];
  /** whether this person plans */
  mayPlan: boolean;
  /** what is told at the end */
  children?: ReactNode;
};

/** What should happen, in words: for whoever decides on it, and for whoever asks afterwards why something was done. */
export function PlanTold({ batch, plan, revision, notes, labels, example, counts, noun, columns, mayPlan, children }: Props) {
  const label = labelsApart(labels);
  const { undoes } = batch;
  return (
    <div className="flex max-w-5xl flex-col gap-5">
      <Notes notes={notes} />
      {revision && revision.shown !== revision.latest ? (
        <Banner kind="warning">
          These are the rules of revision {revision.shown}. They are no longer in force:{' '}
          <Link href={`/batches/${batch.id}?tab=plan`} className="font-medium underline underline-offset-2">
            revision {revision.latest} is
          </Link>
          . Chunks that were decided before it went by the rules of their time.
        </Banner>
      ) : null}
      {undoes ? (
        <p className="text-14">
          This batch takes back what{' '}
          <Link href={`/batches/${undoes.id}`} className="font-medium underline underline-offset-2">
            {undoes.name}
          </Link>{' '}
          did: each of its actions follows from a receipt of that batch, and no rule classifies.
        </p>
      ) : null}
      {mayPlan && !undoes ? (
        <p className="flex flex-wrap gap-2">
          {batch.state === 'proposed' ? <ButtonLink href={`/batches/${batch.id}/plan`}>Change the plan…</ButtonLink> : null}
          <ButtonLink href={`/batches/new?dataset=${batch.datasetId}&batch=${batch.id}`}>Plan again…</ButtonLink>
          <ButtonLink href={`/batches/new?batch=${batch.id}`} kind="ghost">
            …for another file
          </ButtonLink>
        </p>
      ) : null}
      {plan.instruction ? (
        <Part title="What should happen">
          <p className="text-14 whitespace-pre-wrap wrap-anywhere">{plan.instruction.trim()}</p>
        </Part>
      ) : null}
      <Part title="Categories">
        <ul className="flex flex-col divide-y divide-hairline">
          {plan.categories.map(({ name }) => {
            const action = batch.categories.find((one) => one.name === name)?.action ?? null;
            return (
              <li key={name} className="grid gap-x-4 py-2 sm:grid-cols-[12rem_1fr_auto]">
                <span className="font-medium wrap-anywhere">{name}</span>
                <span className="wrap-anywhere">{actionTold(action)}</span>
                {action && action.effect !== 'none' ? (
                  <span className={action.effect === 'permanent' ? 'text-red' : 'text-muted'}>
                    {action.effect === 'undoable' ? <Glyph name="↩" className="inline size-2.5" /> : null} {effectWord(action)}
                  </span>
                ) : null}
              </li>
            );
          })}
        </ul>
      </Part>
      {undoes ? null : (
        <RuleItems of={{ batchId: batch.id, noun, columns }}>
          <Rules {...{ plan, revision, label, counts, noun }} />
        </RuleItems>
      )}
      <Part title="Chunks">
        <Sentences of={undoes ? ['Its chunks follow those of the batch that it undoes.'] : chunksTold(plan, label)} />
      </Part>
      <Part title="Before anything is sent">
        <Sentences of={gatesTold(plan)} />
      </Part>
      <Part title="Limits">
        <Sentences of={[...independenceTold(plan, label), ...limitsTold(plan)]} />
      </Part>
      <Part title="Receipt line">
        {plan.receiptLine === '' ? (
          <p>What was done, and the {plan.receiptFields.map(label).join(', ') || 'item’s number'}.</p>
        ) : (
          <code className="font-mono text-12 wrap-anywhere">{plan.receiptLine}</code>
        )}
        {example === null ? null : (
          <p className="mt-1 text-muted">
            Of the first item it would read: <span className="font-mono text-12 wrap-anywhere text-text">{example}</span>
          </p>
        )}
      </Part>
      {children}
      <PlanJson plan={plan} name={batch.name} />
    </div>
  );
}

/** The rules in their order, of a classifier that has rules; of another one its name. */
function Rules({
  plan,
  revision,
  label,
  counts,
  noun,
}: Pick<Props, 'plan' | 'revision' | 'counts' | 'noun'> & { label: (field: string) => string }) {
  const byAgents = agentInPlan.schema.safeParse(plan.classifier);
  if (byAgents.success)
    return (
      <Part title="Classifying">
        <p>
          Agents classify by the instruction. What they can’t tell goes to <strong>{byAgents.data.otherwise}</strong>.
        </p>
      </Part>
    );
  const byModel = modelInPlan.schema.safeParse(plan.classifier);
  if (byModel.success) {
    const { connection, together, atMost, otherwise } = byModel.data;
    return (
      <Part title="Classifying">
        <p>
          A model classifies by the instruction, over the connection <strong>{connection}</strong>, up to{' '}
          {formatNoun(together, 'items')} in a call. By the plan it may cost {atMost}, in the currency of the connection’s prices.
          What it can’t tell goes to <strong>{otherwise}</strong>.
        </p>
      </Part>
    );
  }
  const byPeople = manualInPlan.schema.safeParse(plan.classifier);
  if (byPeople.success)
    return (
      <Part title="Classifying">
        <p>
          A person files each item. What nobody has filed is in <strong>{byPeople.data.otherwise}</strong>.
        </p>
      </Part>
    );
  const byExamples = examplesInPlan.schema.safeParse(plan.classifier);
  if (byExamples.success) {
    const { taught, otherwise, sure } = byExamples.data;
    const counts = taught.flatMap(({ items }) => Object.values(items)).reduce((sum, ordinals) => sum + ordinals.length, 0);
    return (
      <Part title="Classifying">
        <p>
          It learned from {formatNoun(counts, 'items')} that a person decided while teaching. What it is less than{' '}
          {Math.round(100 * sure)} % sure of is in <strong>{otherwise}</strong>.
        </p>
      </Part>
    );
  }
  const read = rulesInPlan.schema.safeParse(plan.classifier);
  if (!read.success)
    return (
      <Part title="Classifying">
        <p>
          By the classifier <code className="font-mono text-12">{plan.classifier.kind}</code>, as the JSON below says.
        </p>
      </Part>
    );
  const { rules, otherwise }: RulesPart = read.data;
  const typed = isTyped(plan);
  return (
    <Part title="Rules" beside={besideRules(rules.length, revision)}>
      {rules.length === 0 ? null : (
        <ol className="flex flex-col divide-y divide-hairline">
          {rules.map((rule, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a rule is what stands at its place
            <li key={index} className="grid grid-cols-[2rem_1fr] gap-x-2 py-2 sm:grid-cols-[2rem_1fr_12rem_10rem]">
              <span className="text-right text-muted">{index + 1}</span>
              <span className="min-w-0 wrap-anywhere">
                <span className={rule.where ? undefined : 'font-mono text-12'}>
                  <Outside text={ruleWords(rule, label)} />
                </span>
                {rule.why ? <span className="block text-12 text-muted">{rule.why}</span> : null}
              </span>
              <span className="font-medium wrap-anywhere max-sm:col-start-2">→ {rule.category}</span>
              {counts ? (
                <RuleCount rule={index + 1} counted={counts.rules[index]} className="max-sm:col-start-2 sm:text-right" />
              ) : null}
            </li>
          ))}
        </ol>
      )}
      <p className="mt-1">
        Everything else → <span className="font-medium">{otherwise}</span>
        {counts ? <RuleCount rule={0} counted={counts.otherwise} className="ml-3" /> : null}
      </p>
      {counts ? <Sentences of={countsTold(counts, noun)} /> : null}
      <p className="mt-1 text-muted">
        {typed
          ? `Days are those in ${timeZoneOf(plan)}. A rule does not hold where a value that it asks for is missing or can’t be read.`
          : 'This plan has version 1: every field is compared as text.'}
      </p>
    </Part>
  );
}

function besideRules(count: number, revision: Props['revision']): string | null {
  const told = revision && `revision ${revision.shown}${revision.shown === revision.latest ? ', in force' : ''}`;
  const order = count > 0 ? 'the first that holds decides' : null;
  return [told, order].filter((words) => words !== null).join(', ') || null;
}

function Part({ title, beside = null, children }: { title: string; beside?: string | null; children: ReactNode }) {
  return (
    <section aria-label={title} className="min-w-0">
      <h2 className="mb-1 text-14 font-medium">
        {title}
        {beside ? <span className="ml-2 text-12 font-normal text-muted">{beside}</span> : null}
      </h2>
      {children}
    </section>
  );
}

function Sentences({ of }: { of: string[] }) {
  return (
    <ul className="flex flex-col gap-0.5">
      {of.map((sentence) => (
        <li key={sentence} className="wrap-anywhere">
          {sentence}
        </li>
      ))}
    </ul>
  );
}
