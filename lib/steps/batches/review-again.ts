/** Back to review: what a batch left unsent is planned again, as a batch of its own over the same items (docs/first-n.md). */
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { isForAgents } from '#lib/classifiers/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_UNFINISHED } from '#lib/core/lifecycle.ts';
import { BATCH_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { PlannedBatch } from '#lib/core/plans/planner.ts';
import { beginOf } from '#lib/core/values/legible.ts';
import { announce } from '#lib/engine/events.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { restAsked } from '#lib/shapes/batches.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { nothingLeft } from '#lib/steps/plans/rest-to-plan.ts';
import { workOut } from '#lib/steps/plans/work-out.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { insertBatch, insertChunks } from '#lib/store/batches/batches.ts';
import { lockRest, type RestOf, readCancelledChunks, readRest } from '#lib/store/batches/rest.sql.ts';
import { type BatchRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { holdDataset } from '#lib/store/datasets/deletion.sql.ts';
import { readStoredReading } from '#lib/store/datasets/readings.sql.ts';
import { tellTape } from '#lib/store/live/tape.ts';
import { readLatestPlan } from '#lib/store/plans/revisions.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';

const input = z.strictObject({ batchId: z.uuid(), ...restAsked });

/**
 * Makes a proposed batch of what these cancelled chunks (all of the batch's, where none is named) left without an effect, or whose action was undone. It has the
 * rules that the batch has now, and is changed and started like any other. Two calls never give two batches the same item.
 *
 * @throws CountersignError `conflict` (nothing is left, or the batch undoes another, or its items depend on each other and it is not over), `invalid` (a chunk
 *   that is not cancelled), `not_found`, `forbidden`
 */
export async function reviewAgain(actor: Actor, raw: z.input<typeof input>): Promise<{ id: string; items: number }> {
  authorise(actor, 'plan');
  const { batchId, chunks: asked, name } = readInput(input, raw);
  const { pool } = db();
  const batch = await readBatchRow(db(), batchId);
  const latest = await readLatestPlan(db(), batchId);
  if (!batch || !latest) throw new CountersignError('not_found', 'There is no such batch.');
  assertPlanned(batch);
  const of = await chunksOf(batch, asked);
  // The edits of its plan number other chunks.
  const given = { ...latest.plan, chunkEdits: [] };
  const reading = await readStoredReading(pool, { datasetId: batch.datasetId });
  const toPlan = { datasetId: batch.datasetId, plan: given, now: new Date(), rest: { of, own: null } };
  const { plan, planned } = await workOut('planDataset', toPlan, { plan: given });
  const resolved: Plan = { ...plan, gates: { ...plan.gates, next: planned.gates.next } };
  const made = await inWrite(pool, 'review_again', async (tx) => {
    await holdDataset(tx, batch.datasetId);
    await lockRest(tx, batchId);
    const id = randomUUID();
    await assertLeft(tx, of, null, planned);
    const seed = randomBytes(32);
    await insertBatch(tx, {
      ...{ id, datasetId: batch.datasetId, name: name ?? nameOf(batch), plan: resolved, undoes: null, rest: of, taskRef: null },
      ...{ planDigest: sha256(canonicalBytes(resolved as unknown as Json)), readingId: reading?.id ?? null, seed },
      agents: isForAgents(resolved),
      ...{ createdBy: actor.id, routing: planned.routing.kind },
      pilot: planned.gates.next === 'pilot' ? planned.gates.pilot : null,
    });
    await insertChunks(
      tx,
      id,
      planned.chunks.map(({ number, name: own, ordinals, serial }) => ({
        ...{ id: randomUUID(), number, name: own, ordinals, serial, seed },
      })),
    );
    await tellTape(tx, {
      batchId,
      chunk: of.chunks.length === 1 ? (of.chunks[0] ?? null) : null,
      kind: 'review_again',
      facts: { name: actor.name },
    });
    return { id, items: planned.itemCount };
  });
  announce(pool, batchId, { kind: 'review_again' });
  return made;
}

function assertPlanned(batch: BatchRow): void {
  if (batch.undoes !== null)
    throw new CountersignError('conflict', `“${batch.name}” undoes a batch. What it left is undone by undoing that batch again.`);
  if (batch.routing === 'sequential' && BATCH_UNFINISHED.includes(batch.state))
    throw new CountersignError(
      'conflict',
      `The items of “${batch.name}” depend on each other, and it is not over. Wait for its end, or stop it.`,
    );
}

async function chunksOf({ id, name }: BatchRow, asked: readonly number[] | undefined): Promise<RestOf> {
  const cancelled = (await readCancelledChunks(db().pool, id, asked ?? null)).map(({ number }) => number);
  const other = asked?.find((number) => !cancelled.includes(number));
  if (other !== undefined)
    throw new CountersignError(
      'invalid',
      `Chunk ${other} of “${name}” is not cancelled: only what was cancelled is reviewed again.`,
    );
  if (cancelled.length === 0) throw new CountersignError('conflict', `No chunk of “${name}” was cancelled.`);
  return { batchId: id, chunks: cancelled };
}

/** Throws `conflict` where the batch was planned with an item that it may not have: somebody else took it meanwhile, or something happened with it. */
export async function assertLeft(
  tx: Tx,
  of: RestOf,
  own: string | null,
  { chunks }: Pick<PlannedBatch, 'chunks'>,
): Promise<void> {
  const left = new Set(await readRest(tx, of, own));
  if (left.size > 0 && chunks.every(({ ordinals }) => ordinals.every((ordinal) => left.has(ordinal)))) return;
  throw await nothingLeft(tx, of);
}

const nameOf = ({ name }: BatchRow): string => {
  const full = `Rest of ${name}`;
  return full.length <= BATCH_NAME_CHARS_MAX ? full : `${beginOf(full, BATCH_NAME_CHARS_MAX - 1)}…`;
};
