/** The last batch of a file with the same fields: its plan is offered for the next one. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { isId } from '#lib/steps/ids.ts';
import { readBatchLike as read } from '#lib/store/plans/batch-like.sql.ts';
import { readPlanningDataset } from '#lib/store/plans/planning.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** Null: none of the newest batches has a file like it. */
export async function readBatchLike(
  actor: Actor,
  { datasetId }: { datasetId: string },
): Promise<{ id: string; name: string } | null> {
  authorise(actor, 'plan');
  const { pool } = db();
  const dataset = isId(datasetId) ? await readPlanningDataset(pool, datasetId) : null;
  if (dataset === null || dataset.fields.length === 0) return null;
  return read(
    pool,
    dataset.fields.map(({ name }) => name),
  );
}
