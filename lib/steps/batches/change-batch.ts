/** Puts another plan, or another name, in the place of a proposed batch's: the planner runs again, and its chunks are made anew. */
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { isForAgents } from '#lib/classifiers/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import type { PlannedBatch } from '#lib/core/plans/planner.ts';
import { announce } from '#lib/engine/events.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { batchChange } from '#lib/shapes/batches.ts';
import { assertThere, assertUsable } from '#lib/steps/connections/through.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { restToPlan } from '#lib/steps/plans/rest-to-plan.ts';
import { workOut } from '#lib/steps/plans/work-out.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { insertChunks, removeChunks, replacePlan } from '#lib/store/batches/batches.ts';
import { lockRest } from '#lib/store/batches/rest.sql.ts';
import { lockBatch } from '#lib/store/chunks/chunks.sql.ts';
import { type BatchRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { holdDataset } from '#lib/store/datasets/deletion.sql.ts';
import { readStoredReading } from '#lib/store/datasets/readings.sql.ts';
import { readToldBy, tellTape } from '#lib/store/live/tape.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';

import { assertLeft } from './review-again.ts';

const input = z.strictObject({ batchId: z.uuid(), ...batchChange, plan: z.json().optional() });

export type ChangeBatchInput = z.input<typeof input>;
export type ChangedBatch = { id: string; planDigest: string };

type Replanned = { plan: Plan; planDigest: Buffer; planned: PlannedBatch; readingId: string | null };

/**
 * Only while it is proposed, and only by whoever looked at the plan that it has: `planDigest`. Nothing is classified or sent. Throws `invalid` with a problem for every
 * wrong place of the plan, `stale` when somebody changed it meanwhile, `conflict` when it was started, `not_found`.
 */
export async function changeBatch(actor: Actor, raw: ChangeBatchInput): Promise<ChangedBatch> {
  authorise(actor, 'plan');
  const { batchId, planDigest: looked, name, plan: given } = readInput(input, raw);
  const { pool } = db();
  const before = await readBatchRow(db(), batchId);
  if (!before) throw new CountersignError('not_found', 'There is no such batch.');
  await assertChangeable(db(), before, looked);
  // Before the transaction, which holds the batch's row.
  const next = given === undefined ? null : await replan(before, given);
  if (next) await assertUsable(db(), actor, next.plan);
  const planDigest = await inWrite(pool, 'change_batch', async (tx) => {
    await holdDataset(tx, before.datasetId);
    if (before.rest && next) await lockRest(tx, before.rest.batchId);
    const batch = await lockBatch(tx, batchId);
    if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
    await assertChangeable(tx, batch, looked);
    if (next) {
      if (batch.rest) await assertLeft(tx, batch.rest, batchId, next.planned);
      await assertThere(tx, next.plan);
      await putPlan(tx, batchId, next);
    }
    if (name !== undefined) await tx.prisma.batch.update({ where: { id: batchId }, data: { name }, select: { id: true } });
    await tellTape(tx, { batchId, chunk: null, kind: next ? 'change_plan' : 'rename', facts: { name: actor.name } });
    return next?.planDigest.toString('hex') ?? batch.planDigest;
  });
  announce(pool, batchId, { kind: 'plan' });
  return { id: batchId, planDigest };
}

async function assertChangeable(models: Parameters<typeof readToldBy>[0], batch: BatchRow, looked: string): Promise<void> {
  const { id, name, state, undoes, planDigest } = batch;
  if (undoes !== null)
    throw new CountersignError('conflict', `“${name}” undoes a batch: its plan follows from the receipts of that one.`);
  if (state !== 'proposed')
    throw new CountersignError(
      'conflict',
      `“${name}” is ${state}: a plan is changed only before the start. Plan it again as another batch.`,
    );
  if (planDigest === looked) return;
  const by = (await readToldBy(models, id, 'change_plan')) ?? 'Somebody';
  const message = `${by} changed the plan of “${name}” while you looked. Nothing of yours was saved. Look at the plan as it is now, and change that.`;
  throw new CountersignError('stale', message, { facts: { planDigest } });
}

/** As a creation plans it. */
async function replan({ id, datasetId }: BatchRow, given: unknown): Promise<Replanned> {
  const reading = await readStoredReading(db().pool, { datasetId });
  const toPlan = { datasetId, plan: given, now: new Date(), ...(await restToPlan(id)) };
  const { plan, planned } = await workOut('planDataset', toPlan, { plan: given });
  const resolved: Plan = { ...plan, gates: { ...plan.gates, next: planned.gates.next } };
  const planDigest = sha256(canonicalBytes(resolved as unknown as Json));
  return { plan: resolved, planDigest, planned, readingId: reading?.id ?? null };
}

async function putPlan(tx: Tx, batchId: string, { plan, planDigest, planned, readingId }: Replanned): Promise<void> {
  const now = await tx.prisma.batch.findUniqueOrThrow({
    where: { id: batchId },
    select: { planDigest: true, readingId: true, seed: true },
  });
  // The same plan by the same reading has the same chunks: what was done to one of them stands.
  if (Buffer.from(now.planDigest).equals(planDigest) && now.readingId === readingId) return;
  const seed = now.seed ?? randomBytes(32);
  const { next, pilot } = planned.gates;
  await replacePlan(tx, batchId, {
    ...{ plan, planDigest, readingId, seed, agents: isForAgents(plan) },
    ...{ routing: planned.routing.kind, pilot: next === 'pilot' ? pilot : null },
  });
  await removeChunks(tx, batchId);
  await insertChunks(
    tx,
    batchId,
    planned.chunks.map(({ number, name, ordinals, serial }) => ({ id: randomUUID(), number, name, ordinals, serial, seed })),
  );
}
