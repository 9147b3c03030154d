/** Which batches took back what a batch had put on the shelves. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readTakenBack as readTakers } from '#lib/store/shelf/shelf.ts';
import { shelfName } from './shelf-name.ts';

const input = z.strictObject({ batchId: z.uuid(), category: shelfName.nullish(), shelf: shelfName.nullish() });

export type TakenBack = {
  batchName: string;
  /** the oldest first; `count` is bounded by SHELF_COUNTED_MAX for all of them together */
  by: { id: string; name: string; count: number }[];
};

/** Of the whole batch, or of a category or shelf of it; null when there is no such batch. Throws `invalid`. */
export async function readTakenBack(actor: Actor, raw: z.input<typeof input>): Promise<TakenBack | null> {
  authorise(actor, 'see');
  const { batchId, category = null, shelf = null } = readInput(input, raw);
  const { pool } = db();
  const batch = await readBatchRow(pool, batchId);
  return batch && { batchName: batch.name, by: await readTakers(pool, batchId, { category, shelf }) };
}
