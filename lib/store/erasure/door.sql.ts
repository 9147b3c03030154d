/** The one way to take a value out of an append-only table: its triggers let through what an entry of the same transaction tells of (docs/erasure.md). */
import type { Querying } from '#lib/store/postgres/db.ts';

/** Opens the door: names the erasure for this transaction, and writes down what it is about to take away. */
export async function tellOf(
  tx: Querying,
  id: string,
  table: string,
  rows: readonly { datasetId: string | null; batchId: string | null }[],
): Promise<void> {
  await tx.query(`SELECT set_config('countersign.erasure', $1, true)`, [id]);
  await tx.query(
    `INSERT INTO erasure_entry (erasure_id, place, dataset_id, batch_id, rows)
     SELECT $1, $2, d, b, count(*) FROM unnest($3::uuid[], $4::uuid[]) AS r(d, b) GROUP BY d, b`,
    [id, table, rows.map(({ datasetId }) => datasetId), rows.map(({ batchId }) => batchId)],
  );
}

/** Whether the plan's action for a category has a field of the item in it: else its request says nothing of the item. */
export const ITEMS_OWN = (batch: string, category: string): string => `EXISTS (
  SELECT FROM batch own LEFT JOIN batch undone ON undone.id = own.undoes, jsonb_array_elements(coalesce(undone.plan, own.plan) -> 'categories') c
  WHERE own.id = ${batch} AND c ->> 'name' = ${category} AND (c -> 'action')::text LIKE '%{{%')`;
