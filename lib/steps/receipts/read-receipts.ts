/** Receipts, page by page: of the batch, of one chunk, or the story of one item. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { tellOpened } from '#lib/auth/reads.ts';
import type { ReceiptRow } from '#lib/shapes/receipts.ts';
import { isId, isNumber } from '#lib/steps/ids.ts';
import { limitOf, numbersCursor, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readReceiptPage, readStory } from '#lib/store/receipts/receipt-reads.sql.ts';
import { receiptReader } from './receipt-rows.ts';

type Input = PageInput & { batchId: string; ordinal?: number | null | undefined; chunk?: number | null | undefined };

/**
 * In the order of (chunk, seq), or of the steps of one item. The cursor `<chunk>.<seq>` begins after that receipt, so the page after `3.41` with
 * limit 1 is receipt 3.42. Null when there is no such batch. Throws `invalid`.
 */
export async function readReceipts(actor: Actor, input: Input): Promise<Page<ReceiptRow> | null> {
  authorise(actor, 'see_batch');
  const limit = limitOf(input);
  const [ofChunk = 0, seq = 0] = numbersCursor(input, 2);
  const { pool } = db();
  const batch = isId(input.batchId) ? await readBatchFacts(pool, input.batchId) : null;
  if (!batch) return null;
  await tellOpened(actor, 'batch_opened', batch);
  const reader = receiptReader(db(), batch, { sees: may(actor, 'see') });
  // Chunk 0 is the batch itself.
  const named = [input.ordinal, input.chunk === 0 ? null : input.chunk];
  const unknown = named.some((number) => number !== undefined && number !== null && !isNumber(number));
  if (unknown) return { items: [], next: null };
  if (input.ordinal) return { items: await reader.rows(await readStory(pool, batch.id, input.ordinal)), next: null };
  const chunk = input.chunk ?? null;
  const after = chunk === null ? { chunk: ofChunk, seq } : { chunk, seq: ofChunk === chunk ? seq : 0 };
  const stored = await readReceiptPage(pool, batch.id, { after, chunk, limit: limit + 1 });
  const { shown, next } = pageOf(stored, limit, (last) => `${last.chunk}.${last.seq}`);
  return { items: await reader.rows(shown), next };
}
