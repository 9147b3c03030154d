/** One request of a plan, built or told why not: what the preview shows, counts and lists the rows of is the same. */
import { connectorFor } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { type Action, type Plan, timeZoneOf } from '#lib/core/plans/plan.ts';
import { type Filters, filtersOf, hasFilters } from '#lib/core/plans/template-filters.ts';
import type { FieldMeanings } from '#lib/core/values/meaning.ts';
import { fieldsBehind } from '#lib/core/values/template.ts';
import type { PlanningItem } from '#lib/store/plans/planning.sql.ts';

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
export function filtersFor(plan: Plan, meanings: FieldMeanings): Filters | null {
  return hasFilters(plan) ? filtersOf(plan, { meanings, timeZone: timeZoneOf(plan) }) : null;
}
