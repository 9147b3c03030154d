/**
 * The watch over the sums: folded receipts must say what the counters say, at the same seq. Where they differ something wrote past the
 * protocol, so sending stops before anyone asks why: one incident, and the batch is paused.
 */
import { randomUUID } from 'node:crypto';
import { REFOLD_TURN_MS, SUM_CHECK_MS } from '#lib/core/limits.ts';
import { sumOf } from '#lib/core/receipts/sum.ts';
import { announce } from '#lib/engine/events.ts';
import { readChunksNow, readUncheckedBatches } from '#lib/store/batches/batch-reads.sql.ts';
import { stopOnMismatch } from '#lib/store/fleet/incidents.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { endWatch, readDueChunks, readWatchedBatches, refold, takeRefoldTurn } from '#lib/store/receipts/refold.sql.ts';
import { foldChunks, keepFolds } from '#lib/store/receipts/sum.sql.ts';

/**
 * Folds what came since the last time onto what was kept, compares, and keeps it, for every batch that is watched: the pages read what is kept. By any
 * worker; several at once open one incident.
 */
export async function checkSums(): Promise<void> {
  const { pool } = db();
  const until = performance.now() + SUM_CHECK_MS;
  const { batches, at } = await readUncheckedBatches(pool);
  for (const batchId of batches) {
    // What is left comes after what may send, the next time.
    if (performance.now() > until) return;
    const chunks = await readChunksNow(pool, batchId, { unchecked: true });
    const sums = await foldChunks(pool, batchId, chunks);
    await keepFolds(pool, batchId, chunks, sums, at);
    const { addsUp, difference } = sumOf(sums.values());
    if (!addsUp) await stop(batchId, `Counts disagree by ${difference}. Sending stopped.`);
  }
}

/**
 * Folds receipts again from the first, wherever that is due (REFOLD_MS, and the end of a batch), and compares what was kept with them. One worker at a time,
 * for REFOLD_TURN_MS and the chunk that it has begun.
 */
export async function refoldSums(): Promise<void> {
  const { pool } = db();
  const until = performance.now() + REFOLD_TURN_MS;
  const late = (): boolean => performance.now() > until || pool.ending;
  await inTransaction(pool, async (turn) => {
    if (!(await takeRefoldTurn(turn))) return;
    for (const batchId of await readWatchedBatches(db().pool)) {
      for (const chunk of await readDueChunks(pool, batchId)) {
        if (late()) return;
        const difference = await refold(turn, pool, batchId, chunk);
        if (difference)
          await stop(batchId, `The stored totals of chunk ${chunk} differ from its receipts by ${difference}. Sending stopped.`);
      }
      if (late()) return;
      await endWatch(pool, batchId);
    }
  });
}

async function stop(batchId: string, message: string): Promise<void> {
  const { pool } = db();
  const stopped = await inTransaction(pool, (tx) => stopOnMismatch(tx, batchId, randomUUID(), message));
  if (stopped) announce(pool, batchId, { kind: 'mismatch' });
}
