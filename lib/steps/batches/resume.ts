/** Lets a batch, or a chunk, that was paused or halted go on. */
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { ring } from '#lib/engine/bell.ts';
import type { Moved } from '#lib/shapes/batches.ts';
import { probeFor } from '#lib/store/actions/breakers.sql.ts';
import { finishBatch } from '#lib/store/actions/execution.sql.ts';
import { resolveIncidents, resumeChunks } from '#lib/store/batches/stopping.sql.ts';
import { assertUnfinished } from '#lib/store/chunks/chunks.ts';
import { batchTo, change, type Which } from './change.ts';

/** Goes on where a pause, or a halt, left off; never repeats what is uncertain. Throws `conflict` when nothing is paused or halted. */
export function resume(actor: Actor, which: Which): Promise<Moved> {
  return change('resume', actor, which, async (tx, batch, chunk) => {
    assertUnfinished(batch, 'nothing in it can be resumed');
    if (batch.state === 'paused' && chunk) throw new CountersignError('conflict', 'The whole batch is paused. Resume the batch.');
    if (batch.state === 'paused') await batchTo(tx, batch, 'resume');
    const moved = await resumeChunks(tx, batch.id, chunk?.number);
    await resolveIncidents(tx, batch.id, chunk ? [chunk.number] : null);
    // What waits for a target that failed goes on by trying it.
    const nothing = (await probeFor(tx, batch.id, chunk?.number)).length + moved.length === 0;
    if (chunk && nothing) throw new CountersignError('conflict', `Chunk ${chunk.number} is neither paused nor halted.`);
    if (batch.state === 'running' && nothing)
      throw new CountersignError('conflict', 'Nothing in this batch is paused or halted.');
    // Its last chunk may have ended, or its last uncertain action been answered, while it was paused.
    await finishBatch(tx, batch.id);
    await ring(tx);
    return moved;
  });
}
