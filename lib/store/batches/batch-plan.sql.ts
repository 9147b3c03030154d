/** What a worker needs of a batch, once for each chunk. */
import type { Plan } from '#lib/core/plans/plan.ts';
import { storedPlan } from '#lib/core/plans/stored-plan.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

export type BatchPlan = {
  plan: Plan;
  /** the batch whose receipts it undoes */
  undoes: string | null;
  /** the dataset's */
  fieldNames: string[];
};

/** A dataset's field names, in the order of the file; `d` is its row. */
export const FIELD_NAMES = `ARRAY(SELECT name #>> '{}' FROM jsonb_path_query(d.fields, '$[*].name') name WHERE jsonb_typeof(name) = 'string')`;

/**
 * The plan of a batch as it was started, or null; with a chunk the revision of it that the chunk goes by. What is executed is what was frozen, and no revision
 * changes a category or an action.
 */
export async function readBatchPlan(pool: Querying, batchId: string, chunkId: string | null = null): Promise<BatchPlan | null> {
  const { rows } = await pool.query<Omit<BatchPlan, 'plan'> & { plan: unknown }>(
    `SELECT coalesce(p.plan, b.plan) AS plan, b.undoes, ${FIELD_NAMES} AS "fieldNames" FROM batch b JOIN dataset d ON d.id = b.dataset_id
     LEFT JOIN chunk c ON c.id = $2 AND c.batch_id = b.id LEFT JOIN batch_plan p ON p.batch_id = b.id AND p.revision = c.plan_revision
     WHERE b.id = $1`,
    [batchId, chunkId],
  );
  const [row] = rows;
  return row ? { ...row, plan: storedPlan(row.plan).value } : null;
}
