/** The rules that a chunk goes by. */
import type { Plan } from '#lib/core/plans/plan.ts';
import { readPlanAt } from '#lib/store/plans/revisions.ts';
import { db } from '#lib/store/postgres/db.ts';

/** The batch with the revision of its plan that the chunk was classified by, or will be. */
export async function byRulesOf<Batch extends { id: string; plan: Plan }>(
  batch: Batch,
  { planRevision }: { planRevision: number },
): Promise<Batch> {
  const plan = planRevision === 1 ? null : await readPlanAt(db(), batch.id, planRevision);
  return plan ? { ...batch, plan } : batch;
}
