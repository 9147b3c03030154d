/** Whether an item's action was undone, and what it undid itself: read from the receipts of the undo, for nothing is marked on the original. */
import type { Actor } from '../auth/actor.ts';
import { authorise } from '../auth/authorise.ts';
import { db } from '../store/db.ts';
import { type ReceiptLink, readUndoingReceipts, readUndoneReceipt } from '../store/undo.ts';
import { isId, isNumber } from './page.ts';

export type UndoLinks = { undoes: ReceiptLink | null; undoneBy: ReceiptLink | null };

/** The receipts on both sides of this one's undo; null where there is none. */
export async function readUndoLinks(
  actor: Actor,
  { batchId, ordinal }: { batchId: string; ordinal: number },
): Promise<UndoLinks> {
  authorise(actor, 'see_batches');
  if (!isId(batchId) || !isNumber(ordinal)) return { undoes: null, undoneBy: null };
  const { pool } = db();
  const [undoes, undoing] = await Promise.all([
    readUndoneReceipt(pool, batchId, ordinal),
    readUndoingReceipts(pool, batchId, ordinal),
  ]);
  return { undoes, undoneBy: undoing[0] ?? null };
}
