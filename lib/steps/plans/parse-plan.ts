/** The plan's schema, put together from the kinds of this build. */
import '#lib/core/values/input-words.ts';
import { CLASSIFIERS } from '#lib/classifiers/kinds.ts';
import { CONNECTORS } from '#lib/connectors/kinds.ts';
import { type Plan, planSchemaOf, readPlan } from '#lib/core/plans/plan.ts';

export const planSchema = planSchemaOf({ classifiers: CLASSIFIERS, connectors: CONNECTORS });

/** Reads a plan from unknown JSON. Throws `invalid` with one problem per wrong place. */
export function parsePlan(value: unknown): Plan {
  return readPlan(planSchema, value);
}
