/** A job for a thread: chunks, decisions, counts and examples, from the planner that the creation of a batch uses. */
import type { At, Classification } from '#lib/classifiers/port.ts';
import { isKnownAhead } from '#lib/classifiers/registry.ts';
import { connectorFor } from '#lib/connectors/registry.ts';
import { wordsOf } from '#lib/connectors/words.ts';
import { asksAboutRows } from '#lib/core/batches/unreadable.ts';
import { PREVIEW_CHUNK_ROWS_MAX, PREVIEW_EXAMPLES } from '#lib/core/limits.ts';
import type { Action, Plan } from '#lib/core/plans/plan.ts';
import type { PlannedBatch } from '#lib/core/plans/planner.ts';
import type { Filters } from '#lib/core/plans/template-filters.ts';
import { receiptLine } from '#lib/core/receipts/receipt-line.ts';
import type { Preview, PreviewExample } from '#lib/shapes/plans.ts';
import { type PlanningItem, readItems } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { buildRequest, filtersFor } from './build-request.ts';
import { countClassified, includedIn } from './count-classified.ts';
import { actingOrdinals, countRequests, requestWarnings } from './count-requests.ts';
import { type DatasetToPlan, planWithClassifier } from './plan-dataset.ts';
import { meansTo, questionsOfPlan } from './plan-questions.ts';
import { tallyRules } from './rule-facts.ts';

/** Throws as `planDataset` does. */
export async function previewDataset(input: DatasetToPlan, at: At): Promise<Preview> {
  const { datasetId } = input;
  const { dataset, plan, meanings, classifier, planned } = await planWithClassifier(input, at);

  const included = includedIn(planned, input);
  const acting = actingOrdinals(plan);
  const counts = new Map<string, number>();
  const examples = new Map<string, Classification[]>();
  const rules = tallyRules(classifier.parts, meanings);
  let otherwise = 0;
  const known = isKnownAhead(plan);
  const { exact, counted, scale } = await countClassified(
    dataset,
    known ? classifier : null,
    included,
    (examined, item, whole) => {
      const { classification: one } = examined;
      counts.set(one.category, (counts.get(one.category) ?? 0) + 1);
      if (one.part === undefined) otherwise++;
      rules.add(examined, item, whole);
      acting.get(one.category)?.push(one.ordinal);
      const list = examples.get(one.category) ?? [];
      if (list.length < PREVIEW_EXAMPLES) examples.set(one.category, [...list, one]);
    },
  );
  const ruleFacts = rules.facts(counted, scale);
  const rows = { read: dataset.itemCount, unreadable: dataset.unreadableCount };
  const filters = filtersFor(plan, meanings);
  const shown = await showExamples(datasetId, plan, examples, filters);
  const built = await countRequests({ datasetId, plan, filters, counted: acting, scale, exact });
  return {
    datasetId,
    plan,
    soFar: dataset.state === 'receiving',
    rows: { ...rows, asks: asksAboutRows(rows) },
    questions: (await questionsOfPlan(datasetId, dataset.dialect, plan, meansTo(classifier))).questions,
    ...withoutOrdinals(planned),
    warnings: [...planned.warnings, ...requestWarnings(built, plan)],
    requests: built.requests,
    sort: {
      known,
      exact,
      counted,
      categories: plan.categories.map(({ name, action }) => ({
        name,
        count: scale(counts.get(name) ?? 0),
        action: action ? wordsOf(action) : null,
        examples: (examples.get(name) ?? []).flatMap(({ ordinal }) => shown.get(ordinal) ?? []),
      })),
      rules: ruleFacts.map(({ takes }) => takes),
      ruleFacts,
      otherwise: scale(otherwise),
    },
  };
}

function withoutOrdinals(
  planned: PlannedBatch,
): Omit<Preview, 'datasetId' | 'plan' | 'soFar' | 'rows' | 'questions' | 'sort' | 'requests'> {
  const rows = planned.chunks.slice(0, PREVIEW_CHUNK_ROWS_MAX);
  return {
    ...planned,
    chunks: rows.map(({ ordinals, ...chunk }) => ({
      ...chunk,
      firstOrdinal: ordinals[0] ?? 0,
      lastOrdinal: ordinals.at(-1) ?? 0,
    })),
    chunksOmitted: planned.chunks.length - rows.length,
  };
}

/** By ordinal. Read page by page and cut at once: whole items may have megabytes. */
async function showExamples(
  datasetId: string,
  plan: Plan,
  examples: ReadonlyMap<string, Classification[]>,
  filters: Filters | null,
): Promise<Map<number, PreviewExample>> {
  const actions = new Map(plan.categories.map(({ name, action }) => [name, action]));
  const classifications = new Map([...examples.values()].flat().map((one) => [one.ordinal, one]));
  const among = [...classifications.keys()].sort((one, other) => one - other);
  const shown = new Map<number, PreviewExample>();
  for (let after = 0; ; ) {
    const items = await readItems(db().pool, datasetId, { fields: null, after, limit: Math.max(1, among.length), among });
    if (items.length === 0) return shown;
    for (const item of items) {
      const one = classifications.get(item.ordinal);
      if (one) shown.set(item.ordinal, example({ plan, filters }, actions.get(one.category) ?? null, one, item));
    }
    after = items.at(-1)?.ordinal ?? after;
  }
}

const EXAMPLE_FIELD_CHARS = 300;
const EXAMPLE_REQUEST_CHARS = 2_000;

function example(
  { plan, filters }: { plan: Plan; filters: Filters | null },
  action: Action | null,
  classification: Classification,
  { fields: all }: PlanningItem,
): PreviewExample {
  const { ordinal, why, confidence } = classification;
  const receipt = Object.fromEntries(plan.receiptFields.map((name) => [name, Object.hasOwn(all, name) ? (all[name] ?? '') : '']));
  const fields = Object.fromEntries(Object.entries(receipt).map(([name, text]) => [name, cut(text, EXAMPLE_FIELD_CHARS)]));
  const shown = { ordinal, fields, why, confidence };
  if (!action) return { ...shown, request: null, receiptLine: null, problem: null };
  const { past } = connectorFor(action.connector).wording(action);
  const values = filters ? filters.ofLine(receipt) : receipt;
  const line = receiptLine(plan, { kind: 'outcome', result: 'succeeded', reason: null, evidence: null, past, values });
  const built = buildRequest(action, { ordinal, fields: all }, filters);
  if ('problem' in built) return { ...shown, request: null, receiptLine: null, problem: built.problem.message };
  const request = new TextDecoder().decode(built.request);
  return {
    ...shown,
    request: cut(request, EXAMPLE_REQUEST_CHARS),
    receiptLine: cut(line, EXAMPLE_REQUEST_CHARS),
    problem: null,
  };
}

function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars)}…`;
}
