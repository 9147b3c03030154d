/** The approvals of a batch whose first actions run or were done, and whose rest waits for a person. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CHUNK_FIRSTS_UNDONE, CHUNK_RELEASABLE } from '#lib/core/lifecycle.ts';
import type { Releases } from '#lib/shapes/decisions.ts';
import { isId } from '#lib/steps/ids.ts';
import { receiptReader } from '#lib/steps/receipts/receipt-rows.ts';
import { readBatchFacts } from '#lib/store/batches/batch-reads.sql.ts';
import { readApprovedDigest } from '#lib/store/checkpoints/checkpoint-reads.ts';
import { readUnreleasedDecisions } from '#lib/store/checkpoints/selected.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readFirstOutcomes } from '#lib/store/receipts/receipt-reads.sql.ts';

/** Each with the receipts of its first actions, from whatever chunks they are in, and with what its release is bound to. Null without the batch. */
export async function readReleases(actor: Actor, { batchId }: { batchId: string }): Promise<Releases | null> {
  authorise(actor, 'see');
  if (!isId(batchId)) return null;
  const { pool } = db();
  const batch = await readBatchFacts(pool, batchId);
  if (!batch) return null;
  const reader = receiptReader(db(), batch);
  const items: Releases['items'] = [];
  const unreleased = await readUnreleasedDecisions(pool, batchId, { releasable: CHUNK_RELEASABLE, undone: CHUNK_FIRSTS_UNDONE });
  for (const { decisionId, chunks, chunk, chunkId, firsts, waiting, undone } of unreleased) {
    const digest = await readApprovedDigest(db(), decisionId, chunkId);
    if (digest === null) continue;
    const rows = await reader.rows(await readFirstOutcomes(pool, batchId, decisionId, firsts));
    const receipts = rows.map(({ chunk: of, seq, ordinal, line, result, reason }) => ({
      ...{ chunk: of, seq, line, result, reason },
      ordinal: ordinal ?? 0,
    }));
    items.push({ chunks, chunk, digest, waiting, done: !undone, receipts });
  }
  return { items };
}
