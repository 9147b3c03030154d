'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, asOutcome, queries, refusalOf } from '#components/api-client.ts';
import { FieldValue } from '#components/datasets/field-labels.tsx';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/field.tsx';
import { formatCount, formatNoun } from '#components/ui/format.ts';
import { Link } from '#components/ui/link.tsx';
import { Cell, HeadCell, Row, Table } from '#components/ui/table.tsx';
import { useSettled } from '#components/ui/use-settled.ts';
import { writing } from '#components/ui/writing.ts';
import { type ModelPart, modelInPlan } from '#lib/classifiers/model/part.ts';
import { INSTRUCTION_CHARS_MAX, MODEL_TRY_ITEMS_MAX } from '#lib/core/limits.ts';
import { amountWords, millionthsOf } from '#lib/core/models/cost.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { Proposal, Tried } from '#lib/shapes/models.ts';
import type { EditorProps } from './classifier-editor.tsx';
import { useFault } from './plan-faults.tsx';

const TYPING_MS = 600;

/** Where a model classifies: which one, what it may cost; and what it says of some items before anything is started. */
export function ModelEditor(props: EditorProps<ModelPart>) {
  const { part, plan, dataset, connections, categories, problems, onChange, onPlan } = props;
  const models = connections.filter(({ connector }) => connector === 'model');
  const toldOf = (path: string) => problems.find((one) => one.path === `classifier.${path}`)?.message;
  useFault('classifier.connection', part.connection === '' ? 'Choose the connection to a model.' : null);
  const set = (given: Partial<ModelPart>) => onChange({ ...part, ...given });
  const number = (text: string) => (text.trim() === '' ? Number.NaN : Number(text));
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-2xl text-muted">
        A model classifies by “What should happen?”. Say there how to tell the categories apart. What stands in an item is a
        stranger’s, and may try to sway it: a person looks before anything is done.
      </p>
      <div className="flex flex-wrap items-start gap-3">
        <Field
          label="Model"
          error={toldOf('connection')}
          hint={
            models.length === 0 ? (
              <>
                There is none yet. <Link href="/connections/new">Add a connection</Link> that leads to one.
              </>
            ) : undefined
          }
        >
          <Select
            data-at="classifier.connection"
            value={part.connection}
            onChange={({ target }) => set({ connection: target.value })}
            className="w-56"
          >
            <option value="">Choose a connection</option>
            {models.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
        <Field label="May cost, all of it" hint="In the currency of its prices." error={toldOf('atMost')}>
          <Input
            data-at="classifier.atMost"
            defaultValue={Number.isFinite(part.atMost) ? String(part.atMost) : ''}
            inputMode="decimal"
            onChange={({ target }) => set({ atMost: number(target.value) })}
            className="w-28"
          />
        </Field>
        <Field label="Items in a call" hint="Fewer cost more." error={toldOf('together')}>
          <Input
            data-at="classifier.together"
            defaultValue={String(part.together)}
            inputMode="numeric"
            onChange={({ target }) => set({ together: number(target.value) })}
            className="w-20"
          />
        </Field>
        <Field label="What it can’t tell goes to" error={toldOf('otherwise')}>
          <Select
            data-at="classifier.otherwise"
            value={part.otherwise}
            onChange={({ target }) => set({ otherwise: target.value })}
            className="w-40"
          >
            {categories.map((category) => (
              <option key={category}>{category}</option>
            ))}
          </Select>
        </Field>
      </div>
      {part.connection === '' ? null : (
        <>
          <Proposing {...{ part, plan, dataset, onPlan }} />
          <Trying {...{ plan, dataset }} />
        </>
      )}
    </div>
  );
}

/** The plan with these categories, without actions; what they mean stands in the instruction, where a person reads and changes it. */
function withProposed(plan: Plan, part: ModelPart, { categories }: Proposal): Plan {
  const told = categories.filter(({ means }) => means !== '').map(({ name, means }) => `${name}: ${means}`);
  return {
    ...plan,
    categories: categories.map(({ name }) => ({ name, action: null })),
    classifier: { ...part, otherwise: categories.at(-1)?.name ?? part.otherwise },
    instruction: [plan.instruction?.trim() ?? '', ...told].join('\n').slice(0, INSTRUCTION_CHARS_MAX),
  };
}

/** Categories from what should happen, as the model proposes them. */
function Proposing({ part, plan, dataset, onPlan }: Pick<EditorProps<ModelPart>, 'part' | 'plan' | 'dataset' | 'onPlan'>) {
  const instruction = plan.instruction?.trim() ?? '';
  const body = { datasetId: dataset.id, connection: part.connection, instruction };
  const propose = useMutation(writing(['plans', 'model-proposal'], () => asOutcome(api.batches.proposeCategories({ body }))));
  const { data } = propose;
  return (
    <section aria-label="Proposed categories" className="flex flex-col items-start gap-3">
      <Button pending={propose.isPending} disabled={instruction === ''} onClick={() => propose.mutate()}>
        Propose categories
      </Button>
      {propose.error ? (
        <p role="alert" className="max-w-2xl text-red">
          {propose.error.message}
        </p>
      ) : null}
      {data ? (
        <>
          <ul className="flex max-w-2xl flex-col gap-1">
            {data.categories.map(({ name, means }) => (
              <li key={name}>
                <span className="font-medium">{name}</span> <span className="text-muted">{means}</span>
              </li>
            ))}
          </ul>
          <Button
            onClick={() => {
              onPlan(withProposed(plan, part, data));
              propose.reset();
            }}
          >
            Take these {data.categories.length} categories
          </Button>
        </>
      ) : null}
    </section>
  );
}

type Shown = Tried & { instruction: string };

/** What the model says of some items, beside what it said of them by the instruction before. */
function Trying({ plan, dataset }: { plan: Plan; dataset: { id: string } }) {
  const [now, setNow] = useState<Shown | null>(null);
  const [before, setBefore] = useState<Shown | null>(null);
  const settled = useSettled(plan, TYPING_MS);
  const again = now?.answers.slice(0, MODEL_TRY_ITEMS_MAX).map(({ ordinal }) => ordinal);
  const asked = (ordinals?: number[]) => ({
    body: { datasetId: dataset.id, plan: settled as never, ...(ordinals && { ordinals }) },
  });
  // What is not filled in yet is told beside its fields.
  const ready = modelInPlan.schema.safeParse(settled.classifier).success && (settled.instruction ?? '').trim() !== '';
  const bound = useQuery({ ...queries.batches.previewTry.queryOptions({ input: asked() }), retry: false, enabled: ready });
  const boundAgain = useQuery({
    ...queries.batches.previewTry.queryOptions({ input: asked(again) }),
    ...{ retry: false, enabled: ready && again !== undefined },
  });
  const attempt = useMutation({
    ...writing(['plans', 'model-try'], (ordinals: number[] | undefined) => asOutcome(api.batches.tryModel(asked(ordinals)))),
    onSuccess: (value) => {
      setBefore(now);
      setNow({ ...value, instruction: settled.instruction ?? '' });
    },
  });
  const atMost = (told: typeof bound.data) => (told ? `, at most ${amountWords(millionthsOf(told.atMost), told.currency)}` : '');
  const refused = attempt.error?.message ?? (bound.error ? refusalOf(bound.error).message : null);
  return (
    <section aria-label="Try the model" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <Button pending={attempt.isPending} disabled={!bound.data} onClick={() => attempt.mutate(undefined)}>
          Ask about {bound.data ? formatNoun(bound.data.items, 'items') : 'some items'}
          {atMost(bound.data)}
        </Button>
        {again && settled.instruction !== now?.instruction ? (
          <Button pending={attempt.isPending} disabled={!boundAgain.data} onClick={() => attempt.mutate(again)}>
            Ask about the first {again.length} of these again{atMost(boundAgain.data)}
          </Button>
        ) : null}
      </div>
      {refused ? (
        <p role="alert" className="max-w-2xl text-red">
          {refused}
        </p>
      ) : null}
      {now ? <Said now={now} before={before} /> : null}
    </section>
  );
}

function Said({ now, before }: { now: Shown; before: Shown | null }) {
  const was = new Map(before?.answers.map(({ ordinal, category }) => [ordinal, category]));
  const both = now.answers.filter(({ ordinal }) => was.has(ordinal));
  const moved = both.filter(({ ordinal, category }) => was.get(ordinal) !== category).length;
  const all = now.dataset;
  return (
    <>
      <p className="max-w-2xl" role="status">
        {formatNoun(now.answers.length, 'items')} cost {amountWords(millionthsOf(now.spent), now.currency)} (
        {formatCount(now.tokens.input)} tokens read, {formatCount(now.tokens.output)} written).
        {all?.costs
          ? ` All ${formatCount(all.items)} would cost between ${amountWords(millionthsOf(all.costs.low), now.currency)} and ${amountWords(millionthsOf(all.costs.high), now.currency)}, at 95 %, without what has to be asked again.`
          : ''}
        {both.length > 0 ? ` ${formatCount(moved)} of ${formatCount(both.length)} moved since the instruction before.` : ''}
      </p>
      <Table
        caption="What the model says"
        className="max-h-[50dvh]"
        head={
          <>
            <HeadCell>Item</HeadCell>
            <HeadCell>Category</HeadCell>
            {both.length > 0 ? <HeadCell>Before</HeadCell> : null}
            <HeadCell>Why</HeadCell>
          </>
        }
      >
        {now.answers.map(({ ordinal, fields, category, why, confidence }) => (
          <Row key={ordinal}>
            <Cell className="max-w-72">
              <span className="line-clamp-2">
                {Object.entries(fields).map(([name, value], at) => (
                  <span key={name}>
                    {at > 0 ? ' · ' : ''}
                    <FieldValue name={name} value={value} />
                  </span>
                ))}
              </span>
            </Cell>
            <Cell className="whitespace-nowrap">
              {category}
              {confidence === 0 ? <span className="text-muted"> · unsure</span> : null}
            </Cell>
            {both.length > 0 ? (
              <Cell className="whitespace-nowrap">
                {was.has(ordinal) ? (
                  was.get(ordinal) === category ? (
                    <span className="text-muted">the same</span>
                  ) : (
                    was.get(ordinal)
                  )
                ) : (
                  ''
                )}
              </Cell>
            ) : null}
            <Cell className="min-w-40">{why}</Cell>
          </Row>
        ))}
      </Table>
    </>
  );
}
