/** The No at the first few: nothing more of an approval is sent, and what was done is to be undone. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { chunkMay } from '#lib/core/lifecycle.ts';
import { ring } from '#lib/engine/bell.ts';
import { announce } from '#lib/engine/events.ts';
import type { RestRefused } from '#lib/shapes/checkpoints.ts';
import { handGateOn } from '#lib/steps/batches/cancel.ts';
import { undoBatch } from '#lib/steps/undo/undo-batch.ts';
import { settleBreakers } from '#lib/store/actions/breakers.sql.ts';
import { askForRelease, finishBatch } from '#lib/store/actions/execution.sql.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { cancelChunks, resolveIncidents } from '#lib/store/batches/stopping.sql.ts';
import { lockBatch, lockChunks } from '#lib/store/chunks/chunks.sql.ts';
import { assertUnfinished, type ChunkRow, readUnreleased } from '#lib/store/chunks/chunks.ts';
import { tellTape } from '#lib/store/live/tape.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { isReleasable } from './rulings.ts';

const input = z.strictObject({ batchId: z.uuid(), chunk: z.int32().min(1), undo: z.boolean().default(true) });

/**
 * Ends every chunk of the approval that this chunk waits with: what was not sent never is, and counts as not executed. Then makes the undo of what they did, as
 * a batch that is reviewed and approved like any other. Whoever may not undo only ends them; `notUndone` says so, or why nothing can be undone.
 *
 * @throws CountersignError `conflict` (the chunk does not wait for a release), `invalid`, `not_found`, `forbidden`
 */
export async function refuseRest(actor: Actor, raw: z.input<typeof input>): Promise<RestRefused> {
  authorise(actor, 'refuse_rest');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', 'Give the id of a batch, and the number of a chunk.');
  const { batchId, chunk, undo } = read.data;
  const { pool } = db();
  const { chunks, acted } = await inWrite(pool, 'refuse_rest', (tx) => refuseIn(tx, actor, batchId, chunk));
  announce(pool, batchId, { kind: 'refuse_rest' });
  const ended = { chunks, undo: null, notUndone: null };
  if (!undo || acted.length === 0) return ended;
  if (!may(actor, 'undo')) return { ...ended, notUndone: 'An operator or an admin can undo what was done.' };
  try {
    const { id, chunks: own } = await undoBatch(actor, { batchId, chunks: acted });
    return { ...ended, undo: { id, chunk: own[0]?.number ?? 1 } };
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'conflict') return { ...ended, notUndone: error.message };
    throw error;
  }
}

/** `acted`: those of the chunks of which something was done. */
async function refuseIn(tx: Tx, actor: Actor, batchId: string, number: number): Promise<{ chunks: number[]; acted: number[] }> {
  const batch = await lockBatch(tx, batchId);
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  assertUnfinished(batch, 'nothing in it waits to be sent');
  const locked = await lockChunks(tx, batchId, await readUnreleased(tx, batchId, number));
  const own = locked.find((row) => row.number === number);
  if (!own) throw new CountersignError('not_found', `This batch has no chunk ${number}.`);
  if (own.decisionId === null || !isReleasable(own))
    throw new CountersignError('conflict', `Chunk ${number} has no rest to refuse: it is “${chunkWords(own.state)}”.`);
  const open = locked.filter((row) => row.decisionId === own.decisionId && !row.released && mayEnd(row));
  const chunks: number[] = [];
  for (const row of open) {
    if ((await cancelChunks(tx, batchId, row.number)).length === 0) continue;
    chunks.push(row.number);
    await handGateOn(tx, batch, row);
  }
  await resolveIncidents(tx, batchId, chunks);
  await askForRelease(tx, batchId);
  await finishBatch(tx, batchId);
  await ring(tx);
  await settleBreakers(tx);
  await tellTape(tx, { batchId, chunk: number, kind: 'refuse_rest', facts: { name: actor.name } });
  const acted = await tx.prisma.chunk.findMany({
    where: { batchId, number: { in: chunks }, done: { gt: 0 } },
    select: { number: true },
  });
  return { chunks, acted: acted.map((row) => row.number).sort((a, b) => a - b) };
}

const mayEnd = ({ state }: ChunkRow): boolean => chunkMay('cancel_idle', state) || chunkMay('cancel_executing', state);
