/** Ends a batch, or a chunk, before it is done. */
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { ring } from '#lib/engine/bell.ts';
import type { Moved } from '#lib/shapes/batches.ts';
import { settleBreakers } from '#lib/store/actions/breakers.sql.ts';
import { askForRelease, finishBatch } from '#lib/store/actions/execution.sql.ts';
import { cancelChunks, resolveIncidents } from '#lib/store/batches/stopping.sql.ts';
import { openGates } from '#lib/store/chunks/chunks.sql.ts';
import type { BatchRow, ChunkRow } from '#lib/store/chunks/chunks.ts';
import type { Tx } from '#lib/store/postgres/db.ts';
import { batchTo, change, type Which } from './change.ts';

/** Sends nothing more, for good. What was sent keeps its receipts; what was not is recorded as not executed. */
export function cancel(actor: Actor, which: Which): Promise<Moved> {
  return change('cancel', actor, which, async (tx, batch, chunk) => {
    if (chunk === undefined) await batchTo(tx, batch, 'cancel');
    const cancelled = await cancelChunks(tx, batch.id, chunk?.number);
    if (chunk && cancelled.length === 0)
      throw new CountersignError('conflict', `Chunk ${chunk.number} can't be cancelled: it is settled already, or about to be.`);
    if (chunk) await handGateOn(tx, batch, chunk);
    await resolveIncidents(tx, batch.id, chunk ? [chunk.number] : null);
    await askForRelease(tx, batch.id);
    await finishBatch(tx, batch.id);
    await ring(tx);
    await settleBreakers(tx);
    return cancelled;
  });
}

/** A chunk that is cancelled before a person let the next one go on would leave nobody to be asked: the next one takes its place at the gate. */
export async function handGateOn(tx: Tx, batch: BatchRow, chunk: ChunkRow): Promise<void> {
  if (chunk.continued || chunk.state === 'proposed') return;
  await tx.prisma.chunk.update({ where: { id: chunk.id }, data: { continued: true } });
  await openGates(tx, batch.id, { count: 1 });
}
