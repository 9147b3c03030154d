/** Lets a batch, or a chunk, that was paused or halted go on. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { millionthsOf } from '#lib/core/models/cost.ts';
import { isRecord } from '#lib/core/values/stored.ts';
import { ring } from '#lib/engine/bell.ts';
import type { Moved } from '#lib/shapes/batches.ts';
import { atMost } from '#lib/shapes/models.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { probeFor } from '#lib/store/actions/breakers.sql.ts';
import { finishBatch } from '#lib/store/actions/execution.sql.ts';
import { resolveIncidents, resumeChunks } from '#lib/store/batches/stopping.sql.ts';
import { assertUnfinished } from '#lib/store/chunks/chunks.ts';
import { limitSpend } from '#lib/store/models/spend.sql.ts';
import { batchTo, change, type Which } from './change.ts';

const input = z.object({ atMost: atMost.optional() });

/**
 * Goes on where a pause, or a halt, left off; never repeats what is uncertain. `atMost`: what the batch may cost on a model from now on. Throws `conflict` when nothing is paused
 * or halted, and nothing else was asked for.
 */
export function resume(actor: Actor, raw: Which & z.input<typeof input>): Promise<Moved> {
  // Whoever may not learns nothing of what is wrong with it: it is read once that is known.
  const { atMost: given, ...which } = isRecord(raw) ? raw : ({} as typeof raw);
  return change('resume', actor, which, async (tx, batch, chunk) => {
    const { atMost } = readInput(input, { atMost: given });
    assertUnfinished(batch, 'nothing in it can be resumed');
    if (atMost !== undefined && !(await limitSpend(tx, batch.id, millionthsOf(atMost))))
      throw new CountersignError('conflict', 'No model was asked for this batch yet: what it may cost stands in its plan.');
    if (batch.state === 'paused' && chunk) throw new CountersignError('conflict', 'The whole batch is paused. Resume the batch.');
    if (batch.state === 'paused') await batchTo(tx, batch, 'resume');
    const moved = await resumeChunks(tx, batch.id, chunk?.number);
    await resolveIncidents(tx, batch.id, chunk ? [chunk.number] : null);
    // What waits for a target that failed goes on by trying it.
    const nothing = (await probeFor(tx, batch.id, chunk?.number)).length + moved.length === 0;
    if (chunk && nothing) throw new CountersignError('conflict', `Chunk ${chunk.number} is neither paused nor halted.`);
    if (batch.state === 'running' && nothing && atMost === undefined)
      throw new CountersignError('conflict', 'Nothing in this batch is paused or halted.');
    // Its last chunk may have ended, or its last uncertain action been answered, while it was paused.
    await finishBatch(tx, batch.id);
    await ring(tx);
    return moved;
  });
}
