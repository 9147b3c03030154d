/** The newest receipts of a batch, one line each, with what else happened to it. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { TapeLine } from '#lib/shapes/live.ts';
import { readMoment, readTapeAt } from '#lib/steps/batches/batch-view.ts';
import { isId } from '#lib/steps/ids.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** The newest first, up to TAPE_LINES: what ended and what was decided. Null when there is no such batch. */
export async function readTape(actor: Actor, { batchId }: { batchId: string }): Promise<TapeLine[] | null> {
  authorise(actor, 'see_batches');
  const { pool } = db();
  const batch = isId(batchId) ? await readBatchFacts(pool, batchId) : null;
  const moment = batch && (await readMoment(pool, batchId));
  return moment && readTapeAt(pool, batchId, moment, receiptReader(db(), batch));
}
