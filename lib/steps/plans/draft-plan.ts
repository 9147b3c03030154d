/** The plan that the wizard begins with. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { DraftedPlan } from '#lib/core/plans/draft-plan.ts';
import { draftFromProfile } from '#lib/ingest/registry.ts';
import { datasetToPlan, readInput } from './plan-dataset.ts';

const input = z.strictObject({ datasetId: z.uuid() });

/**
 * Drafts a plan from the dataset's fields, with a reason for each choice, in UTC: whose days they are to be is known where the person is. Writes nothing.
 * Throws `forbidden`, `not_found`, `conflict`.
 */
export async function draftPlan(actor: Actor, value: unknown): Promise<DraftedPlan> {
  authorise(actor, 'plan');
  const { fields, itemCount } = await datasetToPlan(readInput(input, value).datasetId);
  return draftFromProfile({ fields, itemCount, timeZone: 'UTC' });
}
