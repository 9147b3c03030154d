/** What a worker needs of a batch, once for each chunk: of the batch and of its dataset in one statement. */
import type { Pool } from 'pg';
import type { Plan } from '#lib/core/plans/plan.ts';

export type BatchPlan = {
  plan: Plan;
  /** the batch whose receipts it undoes */
  undoes: string | null;
  /** the dataset's */
  fieldNames: string[];
};

/** The plan of a batch, or null. */
export async function readBatchPlan(pool: Pool, batchId: string): Promise<BatchPlan | null> {
  const { rows } = await pool.query<BatchPlan>(
    `SELECT b.plan, b.undoes, ARRAY(SELECT f ->> 'name' FROM jsonb_array_elements(d.fields) f) AS "fieldNames"
     FROM batch b JOIN dataset d ON d.id = b.dataset_id WHERE b.id = $1`,
    [batchId],
  );
  return rows[0] ?? null;
}
