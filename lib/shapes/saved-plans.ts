import { z } from 'zod';
import { SAVED_PLAN_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import { misfit } from '#lib/core/plans/fit.ts';
import { givenName } from '#lib/core/values/given-name.ts';
import { resolvedPlan } from './plans.ts';
import { id, instant, named, nameNumber } from './values.ts';

export const savedPlanName = givenName('A plan’s name', { max: SAVED_PLAN_NAME_CHARS_MAX, missing: 'A plan needs a name.' });

export const savedPlanRow = z.object({
  ...named,
  revision: nameNumber.describe('Raised by every change.'),
  createdBy: z.string().describe('Who saved it first, by name.'),
  updatedBy: z.string().describe('Who changed it last, by name.'),
  createdAt: instant,
  updatedAt: instant,
});
export type SavedPlanRow = z.infer<typeof savedPlanRow>;

export const savedPlan = savedPlanRow.extend({
  plan: resolvedPlan,
  planNotes: z.array(z.string()).describe('What of the plan this version does not know or understand, a sentence each.'),
  misfits: z.array(misfit).nullable().describe('What of it does not fit the dataset that was asked about; null where none was.'),
});
export type SavedPlan = z.infer<typeof savedPlan>;

/** `datasetId`: what the plan was made for, so that a later file whose fields mean something else is told of. */
export const ofDataset = id
  .optional()
  .describe('The dataset that the plan was made for: what its fields mean is kept with the plan.');
