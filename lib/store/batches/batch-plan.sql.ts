/** What a worker needs of a batch, once for each chunk. */
import type { Pool } from 'pg';
import type { Plan } from '#lib/core/plans/plan.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';

export type BatchPlan = {
  plan: Plan;
  /** the batch whose receipts it undoes */
  undoes: string | null;
  /** the dataset's */
  fieldNames: string[];
};

/** A dataset's field names, in the order of the file; `d` is its row. */
export const FIELD_NAMES = `ARRAY(SELECT name #>> '{}' FROM jsonb_path_query(d.fields, '$[*].name') name WHERE jsonb_typeof(name) = 'string')`;

/** The plan of a batch, or null. */
export async function readBatchPlan(pool: Pool, batchId: string): Promise<BatchPlan | null> {
  const { rows } = await pool.query<Omit<BatchPlan, 'plan'> & { plan: unknown }>(
    `SELECT b.plan, b.undoes, ${FIELD_NAMES} AS "fieldNames" FROM batch b JOIN dataset d ON d.id = b.dataset_id WHERE b.id = $1`,
    [batchId],
  );
  const [row] = rows;
  return row ? { ...row, plan: storedPlan(row.plan).value } : null;
}
