/** Makes a batch of a plan and a dataset: the same planner as the preview, written down. Nothing is classified or sent before its start. */
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { isForAgents } from '#lib/classifiers/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Plan } from '#lib/core/plans/plan.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { newBatch } from '#lib/shapes/batches.ts';
import { assertThere, assertUsable } from '#lib/steps/connections/through.ts';
import { workOut } from '#lib/steps/plans/work-out.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { insertBatch, insertChunks } from '#lib/store/batches/batches.ts';
import { holdDataset } from '#lib/store/datasets/deletion.sql.ts';
import { readStoredReading } from '#lib/store/datasets/readings.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { startBatch } from './start-batch.ts';

const input = z.strictObject({ ...newBatch, plan: z.json() });

export type CreateBatchInput = z.input<typeof input>;
export type CreatedBatch = { id: string; state: 'proposed' | 'running'; chunks: number };

/**
 * Plans and stores; with `start` it starts too. Throws `invalid` with a problem for every wrong place of the plan, `not_found` without the
 * dataset, `conflict` while it is arriving or when its resources are claimed (the batch then stays proposed).
 */
export async function createBatch(actor: Actor, raw: CreateBatchInput): Promise<CreatedBatch> {
  authorise(actor, 'create');
  const read = input.safeParse(raw);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw new CountersignError('invalid', `The batch can't be read at ${problems[0]?.path}: ${problems[0]?.message}`, {
      problems,
    });
  }
  const { datasetId, name, taskRef, start, acceptUnreadable } = read.data;
  if (start) authorise(actor, 'start');
  // Before the dataset is read: a reading that comes meanwhile is told at the start.
  const reading = await readStoredReading(db().pool, { datasetId });
  const given = { datasetId, plan: read.data.plan, now: new Date() };
  const { dataset, plan, planned } = await workOut('planDataset', given, { plan: given.plan });
  await assertUsable(db(), actor, plan);
  if (dataset.state !== 'ready')
    throw new CountersignError(
      'conflict',
      `“${dataset.name}” is still arriving. Save the plan now, and start the batch when the file is complete.`,
    );

  // What the planner resolved is written down, so that nothing of the run depends on a later version's defaults.
  const resolved: Plan = { ...plan, gates: { ...plan.gates, next: planned.gates.next } };
  const id = await inWrite(db().pool, 'create', async (tx) => {
    await holdDataset(tx, datasetId);
    await assertThere(tx, plan);
    const batchId = randomUUID();
    // One draw over all chunks: what is looked at in one of them counts for all.
    const seed = randomBytes(32);
    const planDigest = sha256(canonicalBytes(resolved as unknown as Json));
    await insertBatch(tx, {
      ...{
        id: batchId,
        datasetId,
        name,
        plan: resolved,
        planDigest,
        taskRef: taskRef ?? null,
        undoes: null,
        readingId: reading?.id ?? null,
        agents: isForAgents(resolved),
        seed,
        createdBy: actor.id,
      },
      ...{ routing: planned.routing.kind, pilot: planned.gates.next === 'pilot' ? planned.gates.pilot : null },
    });
    await insertChunks(
      tx,
      batchId,
      planned.chunks.map(({ number, name: chunkName, ordinals, serial }) => ({
        ...{ id: randomUUID(), number, name: chunkName, ordinals, serial, seed },
      })),
    );
    return batchId;
  });
  if (start) await startCreated(actor, id, acceptUnreadable);
  return { id, state: start ? 'running' : 'proposed', chunks: planned.chunks.length };
}

/** A start that is refused leaves the batch proposed; the refusal then names it, so that it can be started later. */
async function startCreated(actor: Actor, batchId: string, acceptUnreadable: number | undefined): Promise<void> {
  try {
    await startBatch(actor, { batchId, acceptUnreadable });
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    throw new CountersignError(error.code, `${error.message} The batch was saved and not started.`, {
      facts: { ...error.facts, created: batchId },
      cause: error,
    });
  }
}
