/** A job for a thread: looks for the rows that a count of a preview is made of. */
import type { At, Examined } from '#lib/classifiers/port.ts';
import { examined } from '#lib/classifiers/registry.ts';
import { CLASSIFY_PAGE_ITEMS, ROWS_BEHIND_SCAN_ITEMS } from '#lib/core/limits.ts';
import type { CountedRows, RowBehind } from '#lib/shapes/plans.ts';
import type { Page } from '#lib/steps/page.ts';
import { type PlanningItem, readItems } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { includedIn } from './count-classified.ts';
import { checkedPlan, type DatasetToPlan, plannedOf } from './plan-dataset.ts';

export type RowsToRead = DatasetToPlan & { of: CountedRows /** an ordinal */; after: number; limit: number };

/** Throws as `planDataset` does. */
export async function readRowsBehind(input: RowsToRead, at: At): Promise<Page<RowBehind>> {
  const checked = await checkedPlan(input, at);
  // What is left out is known once all is planned; else nothing of that is needed.
  const edited = checked.plan.chunkEdits.some((edit) => 'exclude' in edit);
  const included = edited ? includedIn(await plannedOf(checked, input)) : null;
  const found: { one: Examined; ordinal: number }[] = [];
  let { after } = input;
  let more = true;
  for (let looked = 0; more && looked < ROWS_BEHIND_SCAN_ITEMS && found.length < input.limit; ) {
    const page = await readItems(db().pool, input.datasetId, {
      ...{ fields: checked.classifier.fields, after, limit: CLASSIFY_PAGE_ITEMS, among: null },
    });
    more = page.length > 0;
    looked += page.length;
    const items = included === null ? page : page.filter(({ ordinal }) => included.has(ordinal));
    const all = await examined(checked.classifier, items, new AbortController().signal);
    after = page.at(-1)?.ordinal ?? after;
    for (const one of all) {
      if (!isBehind(input.of, one)) continue;
      const { ordinal } = one.classification;
      found.push({ one, ordinal });
      if (found.length < input.limit) continue;
      after = ordinal;
      break;
    }
  }
  return { items: await shown(input, found), next: more ? String(after) : null };
}

function isBehind(of: CountedRows, { classification, holds, unknown }: Examined): boolean {
  if ('rule' in of) return classification.part === of.rule;
  if ('matches' in of) return holds.includes(of.matches);
  if ('unknown' in of)
    return unknown.some(({ part, fields }) => part === of.unknown && (of.field === undefined || fields.includes(of.field)));
  if ('category' in of) return classification.category === of.category;
  return classification.part === undefined;
}

const FIELD_CHARS = 300;

/** With all their fields, cut to a length for the eye. */
async function shown({ datasetId, of }: RowsToRead, found: readonly { one: Examined; ordinal: number }[]): Promise<RowBehind[]> {
  const among = found.map(({ ordinal }) => ordinal);
  const fields = new Map<number, PlanningItem['fields']>();
  for (let after = 0; fields.size < among.length; ) {
    const items = await readItems(db().pool, datasetId, { fields: null, after, limit: among.length, among });
    if (items.length === 0) break;
    for (const { ordinal, fields: all } of items) fields.set(ordinal, cut(all));
    after = items.at(-1)?.ordinal ?? after;
  }
  return found.map(({ one: { classification, unknown }, ordinal }) => ({
    ...{ ordinal, fields: fields.get(ordinal) ?? {}, category: classification.category },
    ...{ why: classification.why, confidence: classification.confidence },
    unknownFields: 'unknown' in of ? (unknown.find(({ part }) => part === of.unknown)?.fields ?? []) : [],
  }));
}

function cut(fields: PlanningItem['fields']): PlanningItem['fields'] {
  const short = (text: string): string => (text.length <= FIELD_CHARS ? text : `${text.slice(0, FIELD_CHARS)}…`);
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, short(text)]));
}
