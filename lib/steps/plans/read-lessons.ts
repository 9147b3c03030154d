/** What people decided in a batch, and its classifier has not learned from yet: offered to them, never taken by itself. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { taughtIn } from '#lib/classifiers/registry.ts';
import { EXAMPLES_MAX } from '#lib/core/limits.ts';
import type { Lessons } from '#lib/shapes/plans.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { readCorrected } from '#lib/store/chunks/classifications.sql.ts';
import { readLatestPlan } from '#lib/store/plans/revisions.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readInput } from './plan-dataset.ts';

const input = z.strictObject({ batchId: z.uuid() });

/** Corrections by people, each item as it was corrected last; null without the batch. What the plan was taught already is left out. */
export async function readLessons(actor: Actor, value: unknown): Promise<Lessons | null> {
  authorise(actor, 'see');
  const { batchId } = readInput(input, value);
  const batch = await readBatchRow(db(), batchId);
  const latest = batch && (await readLatestPlan(db(), batchId));
  if (!batch || !latest) return null;
  const known = taughtIn(latest.plan, batch.datasetId);
  const categories = new Set(latest.plan.categories.map(({ name }) => name));
  const corrected = await readCorrected(db().pool, batchId, EXAMPLES_MAX + 1);
  const items = corrected
    .filter(({ ordinal, category }) => known.get(ordinal) !== category && categories.has(category))
    .slice(0, EXAMPLES_MAX);
  return { dataset: batch.datasetId, items, more: corrected.length > EXAMPLES_MAX };
}
