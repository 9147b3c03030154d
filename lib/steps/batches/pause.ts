/** Holds a batch, or a chunk. */
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Moved } from '#lib/shapes/batches.ts';
import { pauseChunks } from '#lib/store/batches/stopping.sql.ts';
import { assertUnfinished } from '#lib/store/chunks/chunks.ts';
import { batchTo, change, type Which } from './change.ts';

/** No new intent once this commits. A paused batch lets no chunk be claimed. Throws `conflict` when there is nothing to pause. */
export function pause(actor: Actor, which: Which): Promise<Moved> {
  return change('pause', actor, which, async (tx, batch, chunk) => {
    if (chunk === undefined) await batchTo(tx, batch, 'pause');
    else assertUnfinished(batch, 'nothing in it is paused');
    const held = await pauseChunks(tx, batch.id, chunk?.number);
    if (chunk && held.length === 0)
      throw new CountersignError(
        'conflict',
        `Chunk ${chunk.number} can't be paused: it is not being worked on, or it is being cancelled.`,
      );
    return held;
  });
}
