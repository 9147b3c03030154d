/** Takes a saved plan away. Batches that were made of it keep their plans. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { deleteSavedPlan as remove } from '#lib/store/plans/saved-plans.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readInput } from './plan-dataset.ts';

const input = z.strictObject({ id: z.uuid() });

/** Throws `not_found`. */
export async function deleteSavedPlan(actor: Actor, raw: z.input<typeof input>): Promise<{ id: string }> {
  authorise(actor, 'plan');
  const { id } = readInput(input, raw);
  await inWrite(db().pool, 'delete_saved_plan', async (tx) => {
    if (!(await remove(tx, id)))
      throw new CountersignError('not_found', 'There is no such plan: it may have been deleted already.');
    return null;
  });
  return { id };
}
