/** Keeps a plan by name, for the next file. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { ofDataset, savedPlanName } from '#lib/shapes/saved-plans.ts';
import { withoutThrough } from '#lib/steps/connections/through.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { readNames } from '#lib/store/people/names.ts';
import { insertSavedPlan, readSavedPlanNamed } from '#lib/store/plans/saved-plans.ts';
import { db } from '#lib/store/postgres/db.ts';
import { typesFor } from './fit-plan.ts';
import { parsePlan } from './parse-plan.ts';
import { readInput } from './plan-dataset.ts';

const input = z.strictObject({ name: savedPlanName, plan: z.json(), datasetId: ofDataset });

/**
 * The plan has to read as one; whether it fits a file is asked when it is used. Throws `conflict` naming who has the name, with `savedPlan` and its `revision`:
 * whoever wants to replace that one changes it.
 */
export async function savePlan(actor: Actor, raw: z.input<typeof input>): Promise<{ id: string; name: string }> {
  authorise(actor, 'plan');
  const { name, plan: given, datasetId } = readInput(input, raw);
  const plan = withoutThrough(parsePlan(given));
  const fieldTypes = await typesFor(plan, datasetId);
  const id = await inWrite(db().pool, 'save_plan', async (tx) => {
    const made = randomUUID();
    return (await insertSavedPlan(tx, { id: made, name, plan, fieldTypes, by: actor.id })) ? made : null;
  });
  if (id === null) throw await nameTaken(name);
  return { id, name };
}

/** The refusal of a name that another plan has. */
export async function nameTaken(name: string): Promise<CountersignError> {
  const other = await readSavedPlanNamed(db(), name);
  const by = other && actorName(other.updatedBy, await readNames(db(), [other.updatedBy]));
  const message = `There is a plan “${name}”${by ? `, saved by ${by}` : ''}. Choose another name, or replace that plan.`;
  return new CountersignError('conflict', message, {
    problems: [{ path: 'name', message }],
    facts: other ? { savedPlan: other.id, revision: other.revision } : {},
  });
}
