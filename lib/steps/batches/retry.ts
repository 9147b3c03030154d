/** Sends what failed once more. */
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_RETRIABLE } from '#lib/core/lifecycle.ts';
import { ring } from '#lib/engine/bell.ts';
import type { Moved } from '#lib/shapes/batches.ts';
import { retryChunks } from '#lib/store/batches/stopping.sql.ts';
import { assertSendable } from '#lib/store/erasure/guards.sql.ts';
import { batchTo, change, type Which } from './change.ts';
import { takeResources } from './start-batch.ts';

/** Attempts what failed, or what a person said did not happen, once more under the same approval. Throws `conflict` when nothing did, and where what would be sent was erased. */
export function retry(actor: Actor, which: Which): Promise<Moved> {
  return change('retry', actor, which, async (tx, batch, chunk) => {
    if (!BATCH_RETRIABLE.includes(batch.state)) {
      throw new CountersignError('conflict', `This batch is ${batch.state}: nothing in it is sent again.`);
    }
    const moved = await retryChunks(tx, batch.id, chunk?.number);
    if (moved.length === 0) throw new CountersignError('conflict', 'Nothing here failed, so there is nothing to retry.');
    await assertSendable(tx, batch.id, batch.datasetId, moved);
    if (batch.state === 'finished') {
      await batchTo(tx, batch, 'retry');
      await takeResources(tx, batch, 'retry this one');
    }
    await ring(tx);
    return moved;
  });
}
