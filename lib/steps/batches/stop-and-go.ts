/**
 * Pause, resume, cancel, accepting the rest, and retry, for a batch or for one chunk. Pausing and cancelling set `stopping` on what is being worked on: once that
 * commits there is no new intent, and what is in flight stays shown as in flight until its outcome is known (I3).
 */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, type Verb } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_RETRIABLE, BATCH_TRANSITIONS, type BatchState, batchFrom } from '#lib/core/lifecycle.ts';
import { ring } from '#lib/engine/bell.ts';
import { announce } from '#lib/engine/events.ts';
import type { Moved } from '#lib/shapes/batches.ts';
import { probeFor, settleBreakers } from '#lib/store/actions/breakers.sql.ts';
import { askForRelease, finishBatch } from '#lib/store/actions/execution.sql.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import {
  acceptRestOfChunks,
  cancelChunks,
  pauseChunks,
  resolveIncidents,
  resumeChunks,
  retryChunks,
} from '#lib/store/batches/stopping.sql.ts';
import { lockBatch, lockChunks, openGates } from '#lib/store/chunks/chunks.sql.ts';
import { assertUnfinished, type BatchRow, type ChunkRow } from '#lib/store/chunks/chunks.ts';
import { tellTape } from '#lib/store/live/tape.sql.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { takeResources } from './start-batch.ts';

const input = z.strictObject({ batchId: z.uuid(), chunk: z.int32().min(1).optional() });
export type Which = z.input<typeof input>;
/** No new intent once this commits. A paused batch lets no chunk be claimed. Throws `conflict` when there is nothing to pause. */
export function pause(actor: Actor, which: Which): Promise<Moved> {
  return change(actor, 'pause', which, async (tx, batch, chunk) => {
    if (chunk === undefined) await batchTo(tx, batch, 'pause');
    else assertUnfinished(batch, 'nothing in it is paused');
    const held = await pauseChunks(tx, batch.id, chunk?.number);
    if (chunk && held.length === 0)
      throw new CountersignError('conflict', `Chunk ${chunk.number} is not being worked on, or is being cancelled.`);
    return held;
  });
}

/** Goes on where a pause, or a halt, left off; never repeats what is uncertain. Throws `conflict` when nothing is paused or halted. */
export function resume(actor: Actor, which: Which): Promise<Moved> {
  return change(actor, 'resume', which, async (tx, batch, chunk) => {
    assertUnfinished(batch, 'nothing in it goes on');
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

/** Sends nothing more, for good. What was sent keeps its receipts; what was not is recorded as not executed. */
export function cancel(actor: Actor, which: Which): Promise<Moved> {
  return change(actor, 'cancel', which, async (tx, batch, chunk) => {
    if (chunk === undefined) await batchTo(tx, batch, 'cancel');
    const cancelled = await cancelChunks(tx, batch.id, chunk?.number);
    if (chunk && cancelled.length === 0)
      throw new CountersignError('conflict', `Chunk ${chunk.number} is settled already, or about to be.`);
    if (chunk) await handGateOn(tx, batch, chunk);
    await resolveIncidents(tx, batch.id, chunk ? [chunk.number] : null);
    await askForRelease(tx, batch.id);
    await finishBatch(tx, batch.id);
    await ring(tx);
    await settleBreakers(tx);
    return cancelled;
  });
}

/**
 * Leaves a chunk that halted while executing as it is, or all such chunks of a batch: what was not sent never is, and counts as not executed. Open
 * requests are settled by a worker first, and uncertain actions still want their answers. Throws `conflict` when nothing of that kind halted.
 */
export function acceptRest(actor: Actor, which: Which): Promise<Moved> {
  return change(actor, 'accept_rest', which, async (tx, batch, chunk) => {
    assertUnfinished(batch, 'nothing in it waits to be sent');
    if (chunk && chunk.state !== 'halted')
      throw new CountersignError('conflict', `Chunk ${chunk.number} has not halted: there is no rest to leave.`);
    if (chunk?.haltedFrom === 'classifying')
      throw new CountersignError(
        'conflict',
        `Chunk ${chunk.number} halted while it was being classified: nothing of it was approved. Resume it, or cancel it.`,
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

/** Attempts what failed, or what a person said did not happen, once more under the same approval. Throws `conflict` when nothing did. */
export function retry(actor: Actor, which: Which): Promise<Moved> {
  return change(actor, 'retry', which, async (tx, batch, chunk) => {
    if (!BATCH_RETRIABLE.includes(batch.state)) {
      throw new CountersignError('conflict', `This batch is ${batch.state}: nothing in it is sent again.`);
    }
    const moved = await retryChunks(tx, batch.id, chunk?.number);
    if (moved.length === 0) throw new CountersignError('conflict', 'Nothing here failed, so there is nothing to retry.');
    if (batch.state === 'finished') {
      await batchTo(tx, batch, 'retry');
      await takeResources(tx, batch, 'retry this one');
    }
    await ring(tx);
    return moved;
  });
}

/** A chunk that is cancelled before a person let the next one go on would leave nobody to be asked: the next one takes its place at the gate. */
async function handGateOn(tx: Tx, batch: BatchRow, chunk: ChunkRow): Promise<void> {
  if (chunk.continued || chunk.state === 'proposed') return;
  await tx.query('UPDATE chunk SET continued = true WHERE id = $1', [chunk.id]);
  await openGates(tx, batch.id, { count: 1 });
}

type Act = (tx: Tx, batch: BatchRow, chunk: ChunkRow | undefined) => Promise<number[]>;

async function change(actor: Actor, verb: Verb, raw: Which, act: Act): Promise<Moved> {
  authorise(actor, verb);
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'Name a batch by its id, and a chunk by its number.');
  const { batchId, chunk: number } = read.data;
  const { pool } = db();
  const moved = await inWrite(pool, verb, async (tx) => {
    const batch = await lockBatch(tx, batchId);
    if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
    const [chunk] = number === undefined ? [] : await lockChunks(tx, batchId, [number]);
    if (number !== undefined && !chunk) throw new CountersignError('not_found', `This batch has no chunk ${number}.`);
    const chunks = await act(tx, batch, chunk);
    await tellTape(tx, { batchId, chunk: number ?? null, kind: verb, facts: { name: actor.name } });
    const { rows } = await tx.query<{ state: BatchState; inFlight: number }>(
      `SELECT b.state, coalesce(sum(c.in_flight), 0)::int AS "inFlight" FROM batch b LEFT JOIN chunk c ON c.batch_id = b.id WHERE b.id = $1 GROUP BY b.id`,
      [batchId],
    );
    return { state: rows[0]?.state ?? batch.state, chunks, inFlight: rows[0]?.inFlight ?? 0 };
  });
  announce(pool, batchId, { kind: verb });
  return moved;
}

async function batchTo(tx: Tx, batch: BatchRow, verb: 'pause' | 'resume' | 'cancel' | 'retry'): Promise<void> {
  const { rowCount } = await tx.query(
    'UPDATE batch SET state = $2, finished_at = NULL, refolded_at = NULL WHERE id = $1 AND state = ANY($3)',
    [...[batch.id, BATCH_TRANSITIONS[verb].to, batchFrom(verb)]],
  );
  if (rowCount !== 1) throw new CountersignError('conflict', `This batch is ${batch.state}: there is nothing to ${verb}.`);
}
