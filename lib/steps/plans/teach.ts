/** What to ask a person who teaches a plan's classifier. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { TEACH_MS } from '#lib/core/limits.ts';
import { type TeachRoundTold, teachAsked } from '#lib/shapes/plans.ts';
import { datasetToPlan, readInput } from './plan-dataset.ts';
import { workOut } from './work-out.ts';

const input = z.strictObject({ datasetId: z.uuid(), ...teachAsked });

/**
 * Writes nothing: what was taught is in the plan. Throws `not_found`, `forbidden`, `invalid` (a classifier that can't be taught), `conflict` (what it was taught
 * with is not there any more, or the dataset is not whole yet), `unavailable` when too many wait already.
 */
export async function teach(actor: Actor, value: unknown): Promise<TeachRoundTold> {
  authorise(actor, 'plan');
  const { datasetId, classifier, most } = readInput(input, value);
  const { fields } = await datasetToPlan(datasetId);
  return workOut(
    'teachRound',
    { datasetId, classifier, most, fieldNames: fields.map(({ name }) => name) },
    { plan: { classifier }, jobMs: TEACH_MS },
  );
}
