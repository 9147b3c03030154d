/**
 * The watch over the sums: folded receipts must say what the counters say, at the same seq. Where they differ something wrote past the
 * protocol, so sending stops before anyone asks why: one incident, and the batch is paused.
 */
import { randomUUID } from 'node:crypto';
import { sumOf } from '#lib/core/receipts/sum.ts';
import { announce } from '#lib/engine/events.ts';
import { readChunksNow } from '#lib/store/batches/batch-reads.ts';
import { readSendingBatches, stopOnMismatch } from '#lib/store/fleet/incidents.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { foldChunks } from '#lib/store/receipts/sum.ts';

/** Checks every batch that sends. By any worker; several at once open one incident. */
export async function checkSums(): Promise<void> {
  const { pool } = db();
  for (const batchId of await readSendingBatches(pool)) {
    const { addsUp, difference } = sumOf((await foldChunks(pool, batchId, await readChunksNow(pool, batchId))).values());
    if (addsUp) continue;
    const message = `Counts disagree by ${difference}. Sending stopped.`;
    const stopped = await inTransaction(pool, (tx) => stopOnMismatch(tx, batchId, randomUUID(), message));
    if (stopped) announce(pool, batchId, { kind: 'mismatch' });
  }
}
