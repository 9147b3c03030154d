/** The plan that the wizard begins with. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { DRAFT_ITEMS } from '#lib/core/limits.ts';
import { sampledFields } from '#lib/core/plans/draft/sampled.ts';
import type { DraftedPlan } from '#lib/core/plans/draft-plan.ts';
import { draftFromProfile } from '#lib/ingest/registry.ts';
import { readStoredReading } from '#lib/store/datasets/readings.sql.ts';
import { type PlanningDataset, type PlanningItem, readItems } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { datasetToPlan, readInput } from './plan-dataset.ts';

const input = z.strictObject({ datasetId: z.uuid() });

/**
 * Drafts a plan from the dataset's fields and some of its items, with a reason for each choice, in UTC: whose days they are to be is known where the person is.
 * Writes nothing. Throws `forbidden`, `not_found`, `conflict`.
 */
export async function draftPlan(actor: Actor, value: unknown): Promise<DraftedPlan> {
  authorise(actor, 'plan');
  const dataset = await datasetToPlan(readInput(input, value).datasetId);
  const { fields, itemCount } = dataset;
  const items = await sample(dataset);
  const reading = await readStoredReading(db().pool, { datasetId: dataset.id });
  const sampled = reading && { fields: sampledFields(dataset, reading.body, items), size: items.length, now: Date.now() };
  return draftFromProfile({ fields, itemCount, timeZone: 'UTC', ...(sampled && { sampled }) });
}

/** Items at equal distances, as many as one page holds. */
async function sample({ id, itemCount }: PlanningDataset): Promise<PlanningItem[]> {
  const among = Array.from({ length: Math.min(itemCount, DRAFT_ITEMS) }, (_, index) =>
    itemCount <= DRAFT_ITEMS ? index + 1 : 1 + Math.floor((index * itemCount) / DRAFT_ITEMS),
  );
  return readItems(db().pool, id, { fields: null, after: 0, limit: Math.max(1, among.length), among });
}
