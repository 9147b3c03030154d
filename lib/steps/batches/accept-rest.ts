/** Leaves unsent what a halt left unsent. */
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { ring } from '#lib/engine/bell.ts';
import type { Moved } from '#lib/shapes/batches.ts';
import { settleBreakers } from '#lib/store/actions/breakers.sql.ts';
import { askForRelease, finishBatch } from '#lib/store/actions/execution.sql.ts';
import { acceptRestOfChunks, resolveIncidents } from '#lib/store/batches/stopping.sql.ts';
import { assertUnfinished } from '#lib/store/chunks/chunks.ts';
import { change, type Which } from './change.ts';

/**
 * Leaves a chunk that halted while executing as it is, or all such chunks of a batch: what was not sent never is, and counts as not executed. Open
 * requests are settled by a worker first, and uncertain actions still want their answers. Throws `conflict` when nothing of that kind halted.
 */
export function acceptRest(actor: Actor, which: Which): Promise<Moved> {
  return change('accept_rest', actor, which, async (tx, batch, chunk) => {
    assertUnfinished(batch, 'nothing in it waits to be sent');
    if (chunk && chunk.state !== 'halted')
      throw new CountersignError('conflict', `Chunk ${chunk.number} has not halted, so there is no rest to leave unsent.`);
    if (chunk?.haltedFrom === 'classifying')
      throw new CountersignError(
        'conflict',
        `Chunk ${chunk.number} halted while it was being classified, and nothing in it was approved. Resume or cancel it.`,
      );
    const left = await acceptRestOfChunks(tx, batch.id, chunk?.number);
    if (left.length === 0) throw new CountersignError('conflict', 'Nothing in this batch halted while it was executing.');
    await resolveIncidents(tx, batch.id, left);
    await askForRelease(tx, batch.id);
    await finishBatch(tx, batch.id);
    await ring(tx);
    await settleBreakers(tx);
    return left;
  });
}
