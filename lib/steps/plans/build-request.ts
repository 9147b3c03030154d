/** One request of a plan, built or told why not: what the preview shows, counts and lists the rows of is the same. */
import { connectorFor } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Action, Plan } from '#lib/core/plans/plan.ts';
import { type Filters, filtersOf, hasFilters, timeZoneOfPlan } from '#lib/core/plans/template-filters.ts';
import { fieldsBehind } from '#lib/core/values/template.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import type { PlanningItem } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

export type BuiltRequest = { request: Uint8Array } | { problem: CountersignError };

/** As the manifest would build it. */
export function buildRequest(action: Action, { ordinal, fields: all }: PlanningItem, filters: Filters | null): BuiltRequest {
  try {
    const fields = filters ? filters.ofRequest(action, { ordinal, fields: all }) : all;
    return { request: connectorFor(action.connector).prepare(action, { ordinal, fields }) };
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    return { problem: error };
  }
}

/** The fields that a request of this action is built from; null where it can be any. */
export function fieldsOfRequest(action: Action): string[] | null {
  const names = connectorFor(action.connector).reads?.(action);
  return names ? fieldsBehind(names) : null;
}

/** What fills in the forms that templates ask for; null where none does. */
export async function readFilters(datasetId: string, plan: Plan): Promise<Filters | null> {
  if (!hasFilters(plan)) return null;
  const meanings = (await readMeanings(db().pool, { datasetId })) ?? {};
  return filtersOf(plan, { meanings, timeZone: timeZoneOfPlan(plan) });
}
