/** A batch's receipts as an agent that supervises is told them: the receipt fields of items and a line in words, and nothing of what a receipt's body proves of looks and marks. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { type ReceiptsTold, receiptsAsked, receiptTold } from '#lib/shapes/supervision.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';

const input = z.strictObject({ batchId: z.uuid(), ...receiptsAsked });

/** In the order of chunk and number, a page at a time. Throws `not_found`, `invalid`, `forbidden`. */
export async function readWorkReceipts(actor: Actor, raw: z.input<typeof input>): Promise<ReceiptsTold> {
  authorise(actor, 'supervise');
  const { batchId, ...asked } = readInput(input, raw);
  const page = await readReceipts(actor, { batchId, ...asked });
  if (!page) throw new CountersignError('not_found', 'There is no such batch.');
  return { items: page.items.map((row) => receiptTold.parse(row)), next: page.next };
}
