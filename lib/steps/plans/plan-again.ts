/** A plan that is there already, made ready for a dataset: a saved one's, or a batch's. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { forAnotherFile, type Misfit, typesNamed } from '#lib/core/plans/fit.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import { withoutThrough } from '#lib/steps/connections/through.ts';
import { isId } from '#lib/steps/ids.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { readPlanningDataset } from '#lib/store/plans/planning.sql.ts';
import { readSavedPlan } from '#lib/store/plans/saved-plans.ts';
import { db } from '#lib/store/postgres/db.ts';
import { fitFor, storedTypes } from './fit-plan.ts';
import { readInput } from './plan-dataset.ts';

const from = z.union([z.strictObject({ saved: z.string() }), z.strictObject({ batch: z.string() })]);
const input = z.strictObject({ datasetId: z.uuid(), from });

export type PlanAgain = {
  plan: Plan;
  /** what it is known by: the saved plan's name, or the batch's */
  name: string;
  /** what this version does not know or understand of it, a sentence each */
  notes: string[];
  misfits: Misfit[];
  /** the saved plan that it is, for whoever saves it again; null for a batch's */
  saved: { id: string; revision: number } | null;
};

/**
 * Writes nothing. Throws `not_found` without the plan, the batch or the dataset, and `conflict` for a batch that undoes another: its plan is that one's receipts.
 */
export async function planAgain(actor: Actor, raw: z.input<typeof input>): Promise<PlanAgain> {
  authorise(actor, 'plan');
  const read = readInput(input, raw);
  const { datasetId } = read;
  const again = await ('saved' in read.from ? ofSaved(read.from.saved, datasetId) : ofBatch(read.from.batch, datasetId));
  return { ...again, plan: withoutThrough(again.plan) };
}

async function ofSaved(id: string, datasetId: string): Promise<PlanAgain> {
  const stored = isId(id) ? await readSavedPlan(db(), id) : null;
  if (!stored) throw new CountersignError('not_found', 'There is no such plan: it may have been deleted.');
  const { value, odd } = storedPlan(stored.plan);
  const { plan, misfits } = forAnotherFile(value);
  const fit = await fitFor(plan, storedTypes(stored.fieldTypes), datasetId);
  const saved = { id, revision: stored.revision };
  return { plan, name: stored.name, notes: odd, misfits: [...misfits, ...fit.misfits], saved };
}

async function ofBatch(id: string, datasetId: string): Promise<PlanAgain> {
  const batch = isId(id) ? await readBatchRow(db(), id) : null;
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  if (batch.undoes !== null)
    throw new CountersignError('conflict', `“${batch.name}” undoes a batch: what it does follows from the receipts of that one.`);
  const { plan, misfits } = batch.datasetId === datasetId ? { plan: batch.plan, misfits: [] } : forAnotherFile(batch.plan);
  const { pool } = db();
  const was = await readPlanningDataset(pool, batch.datasetId);
  const were = { fields: was?.fields.map(({ name }) => name) ?? [], meanings: (await readMeanings(pool, { batchId: id })) ?? {} };
  const fit = await fitFor(plan, typesNamed(plan, were), datasetId);
  return { plan, name: batch.name, notes: [], misfits: [...misfits, ...fit.misfits], saved: null };
}
