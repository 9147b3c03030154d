/** Which batches took back what a batch had put on the shelves. */
import type { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { shelfGroupsOf, type TakenBack } from '#lib/shapes/shelf.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readTakenBack as readTakers } from '#lib/store/shelf/shelf.sql.ts';

const input = shelfGroupsOf.required({ batchId: true });

/** Of the whole batch, or of a category or shelf of it; null when there is no such batch. Throws `invalid`. */
export async function readTakenBack(actor: Actor, raw: z.input<typeof input>): Promise<TakenBack | null> {
  authorise(actor, 'see');
  const { batchId, category = null, shelf = null } = readInput(input, raw);
  const { pool } = db();
  const batch = await readBatchRow(db(), batchId);
  return batch && { batchName: batch.name, by: await readTakers(pool, batchId, { category, shelf }) };
}
