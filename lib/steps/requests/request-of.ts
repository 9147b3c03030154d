/** The request of one item: of an approved chunk the frozen one, else what its category makes of it now. */
import { requestBuilder } from '#lib/connectors/registry.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_IN_REVIEW, CHUNK_UNCLASSIFIED } from '#lib/core/lifecycle.ts';
import { readReceipt } from '#lib/ledger/receipt.ts';
import { isId, isNumber } from '#lib/steps/ids.ts';
import { type BatchFacts, type ChunkNow, readBatchFacts, readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { buildManifestRow } from '#lib/store/checkpoints/manifest.sql.ts';
import { readFrozenBytes, readFrozenRow } from '#lib/store/checkpoints/requests.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readStory } from '#lib/store/receipts/receipt-reads.sql.ts';

export type OfItem = { batchId: string; chunk: number; ordinal: number; category?: string | null | undefined };

export type FoundRequest = {
  ordinal: number;
  category: string;
  approved: boolean;
  /** null where nothing is done */
  acts: { connector: string; do: string } | null;
  digest: string | null;
  bytes: Uint8Array | null;
  problem: string | null;
};

/** The batch and its chunk; null where there are none. */
export async function chunkOf(of: { batchId: string; chunk: number }): Promise<{ batch: BatchFacts; chunk: ChunkNow } | null> {
  if (!isId(of.batchId) || !isNumber(of.chunk)) return null;
  const { pool } = db();
  const batch = await readBatchFacts(pool, of.batchId);
  const [chunk] = batch ? await readChunksNow(pool, of.batchId, { number: of.chunk }) : [];
  return batch && chunk ? { batch, chunk } : null;
}

/**
 * Null where the chunk has no such item. `category`: as if the item were in it, while nothing is approved. Throws `conflict` where nothing is to be sent yet, or
 * never.
 */
export async function requestOf(
  { batch, chunk }: { batch: BatchFacts; chunk: ChunkNow },
  { ordinal, category = null }: Pick<OfItem, 'ordinal' | 'category'>,
): Promise<FoundRequest | null> {
  if (!isNumber(ordinal)) return null;
  if (chunk.decisionId !== null) return frozenOf(chunk.decisionId, chunk.id, ordinal);
  assertInReview(chunk);
  if (category !== null && !batch.plan.categories.some(({ name }) => name === category))
    throw new CountersignError('invalid', `This batch's plan has no category “${category}”.`);
  const of = { batchId: batch.id, datasetId: batch.datasetId, plan: batch.plan, chunkId: chunk.id };
  const row = await buildManifestRow(db().pool, of, { ordinal, category }, requestBuilder);
  if (!row) return null;
  // The request of an undo was made with it.
  const bytes = row.requestBytes ?? (row.request === null ? null : await readFrozenBytes(db(), row.request));
  return { ordinal, category: row.category, approved: false, acts: row.action, digest: row.request, bytes, problem: row.problem };
}

/** Throws `conflict` where the chunk has nothing to decide on. */
export function assertInReview({ number, state, decisionId }: Pick<ChunkNow, 'number' | 'state' | 'decisionId'>): void {
  if (CHUNK_IN_REVIEW.includes(state)) return;
  if (decisionId !== null)
    throw new CountersignError('conflict', `Chunk ${number} was approved, and its requests are frozen. Ask for that of an item.`);
  throw new CountersignError(
    'conflict',
    CHUNK_UNCLASSIFIED.includes(state)
      ? `Chunk ${number} is “${chunkWords(state)}”. Its requests are built once all of it is classified.`
      : `Chunk ${number} is “${chunkWords(state)}”, and nothing of it was approved. Nothing of it is sent.`,
  );
}

async function frozenOf(decisionId: string, chunkId: string, ordinal: number): Promise<FoundRequest | null> {
  const row = await readFrozenRow(db(), decisionId, ordinal);
  if (!row || row.chunkId !== chunkId) return null;
  const { category, connector, do: verb, digest } = row;
  const acts = connector === null || verb === null ? null : { connector, do: verb };
  const bytes = digest === null ? null : await readFrozenBytes(db(), digest);
  return { ordinal, category, approved: true, acts, digest, bytes, problem: null };
}

/** The idempotency key that the item's latest attempt went out with; null where none was made. */
export async function keySent(batchId: string, ordinal: number): Promise<string | null> {
  const intent = (await readStory(db().pool, batchId, ordinal)).findLast(({ kind }) => kind === 'intent');
  const body = intent && readReceipt(intent.body);
  return body?.kind === 'intent' ? body.idempotencyKey : null;
}
