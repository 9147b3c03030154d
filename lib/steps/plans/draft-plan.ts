/** The plan that the wizard begins with. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { DraftedPlan } from '#lib/core/plans/draft-plan.ts';
import type { FieldMeanings } from '#lib/core/values/meaning.ts';
import { draftFromProfile } from '#lib/ingest/registry.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { datasetToPlan, readInput } from './plan-dataset.ts';

/** With what the dataset's fields mean, as the plan's rules read them. */
type PlanDraft = DraftedPlan & { meanings: FieldMeanings };

const input = z.strictObject({ datasetId: z.uuid() });

/** Drafts a plan from the dataset's fields, with a reason for each choice. Writes nothing. Throws `forbidden`, `not_found`, `conflict`. */
export async function draftPlan(actor: Actor, value: unknown): Promise<PlanDraft> {
  authorise(actor, 'plan');
  const { datasetId } = readInput(input, value);
  const { fields, itemCount } = await datasetToPlan(datasetId);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const meanings = (await readMeanings(db().pool, { datasetId })) ?? {};
  return { ...draftFromProfile({ fields, itemCount, timeZone }), meanings };
}
