import { z } from 'zod';
import { UNDO_ORDINALS_MAX } from '#lib/core/limits.ts';
import { actionWords } from './actions.ts';
import { count, id, nameNumber, noun } from './values.ts';

/** Which actions of the batch: all of them, unless something here narrows it. */
export const undoScope = {
  chunks: z.array(nameNumber).min(1).max(20_000).optional().describe('Only these chunks.'),
  category: z.string().min(1).optional().describe('Only what was approved in this category.'),
  ordinals: z.array(nameNumber).min(1).max(UNDO_ORDINALS_MAX).optional().describe('Only these items.'),
};
const scope = z.object(undoScope);
export type UndoScope = z.infer<typeof scope>;

const cannotUndo = z.object({
  /** completes "can't be undone: " */
  why: z.string(),
  count,
  ordinals: z.array(z.int()).describe('The first items of the group.'),
});
export type CannotUndo = z.infer<typeof cannotUndo>;

/** As the API tells of it. */
export const undo = z.object({
  id: id.nullable().describe('Of the new batch; null for a dry run.'),
  restorable: count.describe('Actions that are undone, once it is approved.'),
  cannot: z.array(cannotUndo).describe("What can't be undone, by reason."),
  categories: z.array(
    z.object({
      name: z.string(),
      restorable: count,
      cannot: count,
      action: actionWords.nullable().describe('What undoes it; null where nothing can be.'),
    }),
  ),
});

/** As pages are shown it before they start it. */
const undoPreview = undo.omit({ id: true }).extend({ name: z.string(), noun });
export type UndoPreview = z.infer<typeof undoPreview>;
export type UndoCovers = Omit<UndoPreview, 'name' | 'noun'>;

const undone = undo.extend({ id, chunks: z.array(z.object({ number: z.int(), name: z.string(), items: count })) });
export type Undone = z.infer<typeof undone>;

const receiptLink = z.object({ batchId: id, batchName: z.string(), chunk: z.int(), seq: z.int() });
export type ReceiptLink = z.infer<typeof receiptLink>;

const undoLinks = z.object({
  undoes: receiptLink.nullable(),
  /** what undid it, what undid that, and so on; empty while it stands */
  undoneBy: z.array(receiptLink),
});
export type UndoLinks = z.infer<typeof undoLinks>;
