/** The rows that a count of a preview is made of. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { countedRows, type RowBehind } from '#lib/shapes/plans.ts';
import { limitOf, numberCursor, type Page } from '#lib/steps/page.ts';
import { readInput } from './plan-dataset.ts';
import { restToPlan } from './rest-to-plan.ts';
import { workOut } from './work-out.ts';

const input = z.strictObject({
  datasetId: z.uuid(),
  plan: z.json(),
  batchId: z.uuid().optional(),
  of: countedRows,
  cursor: z.string().nullish(),
  limit: z.number().nullish(),
});

export type RowsBehindInput = z.input<typeof input>;

/**
 * A page of them, in the order of their ordinals, within the bounds of a preview. It looks at ROWS_BEHIND_SCAN_ITEMS items, so that it may have fewer rows than
 * its limit, and none: `next` is null once all were looked at. Writes nothing. Throws as `previewBatch` does.
 */
export async function rowsBehind(actor: Actor, value: RowsBehindInput): Promise<Page<RowBehind>> {
  authorise(actor, 'plan');
  const { datasetId, plan, batchId, of, ...paging } = readInput(input, value);
  const page = { after: numberCursor(paging), limit: limitOf(paging) };
  return workOut('readRowsBehind', { datasetId, plan, now: new Date(), of, ...page, ...(await restToPlan(batchId)) }, { plan });
}
