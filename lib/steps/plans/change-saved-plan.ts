/** Gives a saved plan another name, or puts another plan in its place. Batches that were made of it do not change. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { ofDataset, savedPlanName } from '#lib/shapes/saved-plans.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { withoutThrough } from '#lib/steps/connections/through.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { readNames } from '#lib/store/people/names.ts';
import {
  changeSavedPlan as change,
  readSavedPlan,
  readSavedPlanNamed,
  type SavedPlanChange,
} from '#lib/store/plans/saved-plans.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { typesFor } from './fit-plan.ts';
import { parsePlan } from './parse-plan.ts';
import { readInput } from './plan-dataset.ts';
import { nameTaken } from './save-plan.ts';

const input = z.strictObject({
  id: z.uuid(),
  revision: nameNumber,
  name: savedPlanName.optional(),
  plan: z.json().optional(),
  datasetId: ofDataset,
});

/** Throws `not_found`, `stale` when somebody changed it after this revision, `conflict` when another plan has the name. */
export async function changeSavedPlan(actor: Actor, raw: z.input<typeof input>): Promise<{ id: string }> {
  authorise(actor, 'plan');
  const { id, revision, name, plan: given, datasetId } = readInput(input, raw);
  const plan = given === undefined ? undefined : withoutThrough(parsePlan(given));
  const parts = {
    ...(name === undefined ? {} : { name }),
    ...(plan === undefined ? {} : { plan, fieldTypes: await typesFor(plan, datasetId) }),
  };
  const taken = await inWrite(db().pool, 'change_saved_plan', (tx) => changeIn(tx, actor, { id, revision, ...parts })).catch(
    (error: unknown) => {
      // Two took the same name at once.
      if (isNameTaken(error)) return true;
      throw error;
    },
  );
  if (taken) throw await nameTaken(name ?? '');
  return { id };
}

/** True: another has the name, and nothing was changed. */
async function changeIn(tx: Tx, actor: Actor, { id, revision, ...parts }: Omit<SavedPlanChange, 'by'>): Promise<boolean> {
  const other = parts.name === undefined ? null : await readSavedPlanNamed(tx, parts.name);
  if (other !== null && other.id !== id) return true;
  if (await change(tx, { id, revision, ...parts, by: actor.id })) return false;
  const now = await readSavedPlan(tx, id);
  if (!now) throw new CountersignError('not_found', 'There is no such plan: it may have been deleted.');
  const by = actorName(now.updatedBy, await readNames(tx, [now.updatedBy]));
  throw new CountersignError(
    'stale',
    `${by} changed “${now.name}” while you looked. Nothing was saved. Look at it, and save yours again.`,
    {
      facts: { savedPlan: id, revision: now.revision },
    },
  );
}

function isNameTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2002';
}
