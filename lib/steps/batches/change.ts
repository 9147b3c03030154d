/**
 * What pause, resume, cancel, accepting the rest and retry have in common, for a batch or for one chunk. Pausing and cancelling set `stopping` on what is being
 * worked on: once that commits there is no new intent, and what is in flight stays shown as in flight until its outcome is known (I3).
 */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, type Verb } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_TRANSITIONS, type BatchState, batchFrom } from '#lib/core/lifecycle.ts';
import { announce } from '#lib/engine/events.ts';
import type { Moved } from '#lib/shapes/batches.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { lockBatch, lockChunks } from '#lib/store/chunks/chunks.sql.ts';
import type { BatchRow, ChunkRow } from '#lib/store/chunks/chunks.ts';
import { tellTape } from '#lib/store/live/tape.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { unlessCrossed } from '#lib/store/postgres/unless-crossed.ts';

const input = z.strictObject({ batchId: z.uuid(), chunk: z.int32().min(1).optional() });
export type Which = z.input<typeof input>;

/** Changes the batch, or its chunk when one is named, which are locked; gives the numbers of the chunks that changed. */
type Act = (tx: Tx, batch: BatchRow, chunk: ChunkRow | undefined) => Promise<number[]>;

/** Carries a verb out in one transaction: authorises, parses, locks, lets `act` change it, and tells the tape. */
export async function change(verb: Verb, actor: Actor, raw: Which, act: Act): Promise<Moved> {
  authorise(actor, verb);
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'Give the id of a batch, and the number of a chunk.');
  const { batchId, chunk: number } = read.data;
  const { pool } = db();
  const carryOut = () =>
    inWrite(pool, verb, async (tx) => {
      const batch = await lockBatch(tx, batchId);
      if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
      const [chunk] = number === undefined ? [] : await lockChunks(tx, batchId, [number]);
      if (number !== undefined && !chunk) throw new CountersignError('not_found', `This batch has no chunk ${number}.`);
      const chunks = await act(tx, batch, chunk);
      await tellTape(tx, { batchId, chunk: number ?? null, kind: verb, facts: { name: actor.name } });
      const { state } = await tx.prisma.batch.findUniqueOrThrow({ where: { id: batchId }, select: { state: true } });
      const { _sum: sum } = await tx.prisma.chunk.aggregate({ where: { batchId }, _sum: { inFlight: true } });
      return { state: state as BatchState, chunks, inFlight: sum.inFlight ?? 0 };
    });
  const moved = await unlessCrossed(carryOut);
  announce(pool, batchId, { kind: verb });
  return moved;
}

/** Moves the batch itself. Throws `conflict` where it is in no state for that. */
export async function batchTo(tx: Tx, batch: BatchRow, verb: 'pause' | 'resume' | 'cancel' | 'retry'): Promise<void> {
  const { count } = await tx.prisma.batch.updateMany({
    where: { id: batch.id, state: { in: batchFrom(verb) } },
    data: { state: BATCH_TRANSITIONS[verb].to, finishedAt: null, refoldedAt: null },
  });
  if (count !== 1) throw new CountersignError('conflict', `This batch is ${batch.state}: there is nothing to ${verb}.`);
}
