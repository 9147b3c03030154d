/** A job for a thread: looks for the rows that a count of a preview is made of. */
import type { At, Examined } from '#lib/classifiers/port.ts';
import { examined } from '#lib/classifiers/registry.ts';
import { CLASSIFY_PAGE_ITEMS, ROWS_BEHIND_SCAN_ITEMS } from '#lib/core/limits.ts';
import { findSharing } from '#lib/core/plans/independence.ts';
import { DOUBT } from '#lib/core/plans/keys.ts';
import { beginOf } from '#lib/core/values/legible.ts';
import type { CountedRows, RowBehind } from '#lib/shapes/plans.ts';
import type { Page } from '#lib/steps/page.ts';
import { type PlanningItem, readItems } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { buildRequest, fieldsOfRequest, filtersFor } from './build-request.ts';
import { countClassified, includedIn } from './count-classified.ts';
import { actingOrdinals, countRequests, OTHERS, reasonOf } from './count-requests.ts';
import { type CheckedPlan, checkedPlan, type DatasetToPlan, keysOf, plannedOf } from './plan-dataset.ts';

export type RowsToRead = DatasetToPlan & { of: CountedRows /** an ordinal */; after: number; limit: number };

/** Throws as `planDataset` does. */
export async function readRowsBehind(input: RowsToRead, at: At): Promise<Page<RowBehind>> {
  const checked = await checkedPlan(input, at);
  // What is left out is known once all is planned; else nothing of that is needed.
  const edited = input.rest !== undefined || checked.plan.chunkEdits.some((edit) => 'exclude' in edit);
  const planned = edited && !countsAll(input.of) ? includedIn(await plannedOf(checked, input), input) : null;
  const sought = await lookFor(input, checked, planned);
  const included = sought.among === null ? planned : null;
  const found: Found[] = [];
  let { after } = input;
  let more = true;
  for (let looked = 0; more && looked < ROWS_BEHIND_SCAN_ITEMS && found.length < input.limit; ) {
    const page = await readItems(db().pool, input.datasetId, {
      ...{ fields: sought.fields, after, limit: CLASSIFY_PAGE_ITEMS, among: sought.among },
    });
    more = page.length > 0;
    looked += page.length;
    const items = included === null ? page : page.filter(({ ordinal }) => included.has(ordinal));
    const all = await examined(checked.classifier, items, new AbortController().signal);
    after = page.at(-1)?.ordinal ?? after;
    for (const [index, one] of all.entries()) {
      const is = sought.find(one, items[index] as PlanningItem);
      if (is === null) continue;
      const { ordinal } = one.classification;
      found.push({ one, ordinal, ...is });
      if (found.length < input.limit) continue;
      after = ordinal;
      break;
    }
  }
  return { items: await shown(input, found), next: more ? String(after) : null };
}

/** `problem`: why its request can't be built, where that is what was asked. */
type Is = { problem: string | null };
type Found = Is & { one: Examined; ordinal: number };

type Sought = {
  /** that have to be read of the items; null for all */
  fields: string[] | null;
  /** the only ordinals that can be it, ascending; null where any can */
  among: number[] | null;
  /** null where it is not behind the count */
  find(one: Examined, item: PlanningItem): Is | null;
};

const IS: Is = { problem: null };

/** What the count is of. */
async function lookFor(input: RowsToRead, checked: CheckedPlan, included: ReadonlySet<number> | null): Promise<Sought> {
  const { of } = input;
  const { plan, meanings } = checked;
  const { fields } = checked.classifier;
  if ('sameTarget' in of) return { fields, among: await sharingTarget(input, checked, included), find: () => IS };
  if (countsAll(of)) return { fields, among: await amongAll(input, of, checked), find: () => IS };
  if (!('unbuildable' in of)) return { fields, among: null, find: (one) => (isOf(of, one) ? IS : null) };
  const action = plan.categories.find(({ name }) => name === of.unbuildable)?.action ?? null;
  if (action === null) return { fields, among: [], find: () => null };
  const filters = filtersFor(plan, meanings);
  const own = fieldsOfRequest(action);
  return {
    fields: fields && own && [...new Set([...fields, ...own])],
    among: null,
    find: ({ classification }, item) => {
      const built = classification.category === of.unbuildable ? buildRequest(action, item, filters) : null;
      if (!built || !('problem' in built)) return null;
      return of.reason === undefined || of.reason === OTHERS || reasonOf(built.problem).reason === of.reason
        ? { problem: built.problem.message }
        : null;
    },
  };
}

/** The items that the preview counts as changing the same thing as another one. */
async function sharingTarget(
  { datasetId }: RowsToRead,
  { dataset, plan, meanings, classifier }: CheckedPlan,
  included: ReadonlySet<number> | null,
): Promise<number[]> {
  const counted = actingOrdinals(plan);
  const { scale, exact } = await countClassified(dataset, classifier, included, ({ classification }) => {
    counted.get(classification.category)?.push(classification.ordinal);
  });
  const filters = filtersFor(plan, meanings);
  const { shared } = await countRequests({ datasetId, plan, filters, counted, scale, exact });
  return shared.flatMap(({ ordinals }) => ordinals).sort((one, other) => one - other);
}

/** Counts of the planner, which are of all items, whatever their categories, and also of those that are left out. */
type OfAll = Extract<CountedRows, { chunk: number } | { leftOut: true } | { doubtful: true } | { shared: true }>;

function countsAll(of: CountedRows): of is OfAll {
  return 'chunk' in of || 'leftOut' in of || 'doubtful' in of || 'shared' in of;
}

/** Ascending. */
async function amongAll(input: RowsToRead, of: OfAll, checked: CheckedPlan): Promise<number[]> {
  if ('chunk' in of) {
    const { chunks } = await plannedOf(checked, input);
    return [...(chunks.find(({ number }) => number === of.chunk)?.ordinals ?? [])];
  }
  const keys = await keysOf(checked, input);
  const ordinals = [...keys.ordinals];
  if ('doubtful' in of) return ordinals.filter((_, index) => (keys.doubt[index] ?? DOUBT.none) !== DOUBT.none);
  if ('shared' in of) {
    const unit = findSharing(keys, null).units?.unit;
    return unit ? ordinals.filter((_, index) => (unit[index] ?? -1) !== -1) : [];
  }
  const included = includedIn(await plannedOf(checked, input), input);
  return included === null ? [] : ordinals.filter((ordinal) => !included.has(ordinal));
}

function isOf(of: CountedRows, { classification, holds, unknown }: Examined): boolean {
  if ('rule' in of) return classification.part === of.rule;
  if ('matches' in of) return holds.includes(of.matches);
  if ('unknown' in of)
    return unknown.some(({ part, fields }) => part === of.unknown && (of.field === undefined || fields.includes(of.field)));
  if ('category' in of) return classification.category === of.category;
  return classification.part === undefined;
}

const FIELD_CHARS = 300;

/** With all their fields, cut to a length for the eye. */
async function shown({ datasetId, of }: RowsToRead, found: readonly Found[]): Promise<RowBehind[]> {
  const among = found.map(({ ordinal }) => ordinal);
  const fields = new Map<number, PlanningItem['fields']>();
  for (let after = 0; fields.size < among.length; ) {
    const items = await readItems(db().pool, datasetId, { fields: null, after, limit: among.length, among });
    if (items.length === 0) break;
    for (const { ordinal, fields: all } of items) fields.set(ordinal, cut(all));
    after = items.at(-1)?.ordinal ?? after;
  }
  return found.map(({ one: { classification, unknown }, ordinal, problem }) => ({
    problem,
    ...{ ordinal, fields: fields.get(ordinal) ?? {}, category: classification.category },
    ...{ why: classification.why, confidence: classification.confidence },
    unknownFields: 'unknown' in of ? (unknown.find(({ part }) => part === of.unknown)?.fields ?? []) : [],
  }));
}

function cut(fields: PlanningItem['fields']): PlanningItem['fields'] {
  const short = (text: string): string => (text.length <= FIELD_CHARS ? text : `${beginOf(text, FIELD_CHARS)}…`);
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, short(text)]));
}
