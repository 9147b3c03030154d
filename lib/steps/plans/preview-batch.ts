/** What a batch would do, without doing it. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { Preview } from '#lib/shapes/plans.ts';
import { assertUsable } from '#lib/steps/connections/through.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readInput } from './plan-dataset.ts';
import { restToPlan } from './rest-to-plan.ts';
import { workOut } from './work-out.ts';

const input = z.strictObject({ datasetId: z.uuid(), plan: z.json(), batchId: z.uuid().optional() });

/**
 * The plan's dry run. Writes nothing. Throws `invalid` with every problem of the plan and for a rule that is too slow, `not_found`, `forbidden`,
 * `conflict` when the dataset failed to arrive, `unavailable` when too many wait already.
 */
export async function previewBatch(actor: Actor, value: unknown): Promise<Preview> {
  authorise(actor, 'create');
  const { datasetId, plan, batchId } = readInput(input, value);
  const preview = await workOut('previewDataset', { datasetId, plan, now: new Date(), ...(await restToPlan(batchId)) }, { plan });
  await assertUsable(db(), actor, preview.plan as Plan);
  return preview;
}
