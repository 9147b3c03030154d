/** Whether an item's action was undone, and what it undid itself: read from the receipts of the undo, for nothing is marked on the original. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { ReceiptLink, UndoLinks } from '#lib/shapes/undo.ts';
import { isId, isNumber } from '#lib/steps/ids.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readUndoingReceipt, readUndoneReceipt } from '#lib/store/undo/undo.sql.ts';

/** An undo of an undo of an undo is told; nobody reads on from there. */
const LINKS_MAX = 20;

/** The receipts on both sides of this one's undo. */
export async function readUndoLinks(
  actor: Actor,
  { batchId, ordinal }: { batchId: string; ordinal: number },
): Promise<UndoLinks> {
  authorise(actor, 'see_batches');
  if (!isId(batchId) || !isNumber(ordinal)) return { undoes: null, undoneBy: [] };
  const { pool } = db();
  const undoneBy: ReceiptLink[] = [];
  for (let undone = batchId; undoneBy.length < LINKS_MAX; ) {
    const by = await readUndoingReceipt(pool, undone, ordinal);
    if (by === null) break;
    undoneBy.push(by);
    undone = by.batchId;
  }
  return { undoes: await readUndoneReceipt(pool, batchId, ordinal), undoneBy };
}
