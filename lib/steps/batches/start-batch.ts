/** Starts a proposed batch: claims what it would change, opens the first gate, and rings the workers, all in one transaction. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { classifyingOf, taughtIn } from '#lib/classifiers/registry.ts';
import { placesClaimed } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { openAtStart } from '#lib/core/plans/gates.ts';
import { ring } from '#lib/engine/bell.ts';
import { announce } from '#lib/engine/events.ts';
import { startWith } from '#lib/shapes/batches.ts';
import { assertSigners } from '#lib/steps/checkpoints/signers.ts';
import { assertThere, assertUsable } from '#lib/steps/connections/through.ts';
import { workOut } from '#lib/steps/plans/work-out.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { claimResources, markStarted, type StartedWith } from '#lib/store/batches/batches.sql.ts';
import { keepCorrected } from '#lib/store/batches/rest.sql.ts';
import { openGates } from '#lib/store/chunks/chunks.sql.ts';
import { type BatchRow, readBatchRow } from '#lib/store/chunks/chunks.ts';
import { insertTaught } from '#lib/store/chunks/classifications.sql.ts';
import { readMeanings } from '#lib/store/datasets/readings.sql.ts';
import { assertItemsThere, assertNotErasing } from '#lib/store/erasure/guards.sql.ts';
import { readPlanningDataset } from '#lib/store/plans/planning.sql.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { storeStart } from '#lib/store/receipts/batch-receipts.ts';
import { assertReadRight } from './read-right.ts';

const input = z.strictObject({ batchId: z.uuid(), ...startWith });

/** Nothing was checked before: the batch is made in the same transaction. */
const MADE_HERE: StartedWith = { readingId: null, acceptedUnreadable: null, planDigest: null };

export type Started = { state: 'running'; opened: number[] };

/**
 * Throws `conflict` while something is asked of its dataset's reading that its plan goes by, when the reading that its chunks were cut by was changed, and when more
 * rows could not be read than may go without a word and `acceptUnreadable` is not their number. Throws `conflict` too when it was started already, or when an unfinished batch claims an overlapping resource on the same connection, and `invalid`
 * when its rules would classify wrong: it may have been proposed before that was looked for. Throws `stale` when its plan is not the one that was looked at
 * (`planDigest`), or was changed while it was checked.
 */
export async function startBatch(actor: Actor, raw: z.input<typeof input>): Promise<Started> {
  authorise(actor, 'start');
  const read = input.safeParse(raw);
  if (!read.success)
    throw new CountersignError(
      'invalid',
      'Give the id of a batch, how many unreadable rows it may go without, and its planDigest.',
    );
  const { batchId, acceptUnreadable: accepted, planDigest: looked } = read.data;
  const { pool } = db();
  // Before the transaction, which holds the batch's row: no check of a person's rules does that. What starts is what was checked (`planDigest`).
  const batch = await readBatchRow(db(), batchId);
  let goesBy = MADE_HERE;
  if (batch?.state === 'proposed') {
    if (looked !== undefined && looked !== batch.planDigest) throw changedPlan(batch.name);
    goesBy = await assertReadRight(batch, accepted);
    await assertClassifiesRight(batch);
  }
  const opened = await inWrite(pool, 'start', (tx) => startIn(tx, actor, batchId, goesBy));
  announce(pool, batchId, { kind: 'started' });
  return { state: 'running', opened };
}

/** The start itself, in the caller's transaction. Gives the numbers of the chunks that it opened; throws as `startBatch` does. */
export async function startIn(tx: Tx, actor: Actor, batchId: string, goesBy: StartedWith = MADE_HERE): Promise<number[]> {
  const started = await markStarted(tx, batchId, actor.id, goesBy);
  const batch = await readBatchRow(tx, batchId);
  if (!batch) throw new CountersignError('not_found', 'There is no such batch.');
  if (!started && batch.state === 'proposed') throw changedPlan(batch.name);
  if (!started) throw new CountersignError('conflict', `“${batch.name}” is ${batch.state}: it was started already.`);
  await assertSigners(tx, actor, batch);
  await assertUsable(tx, actor, batch.plan);
  await assertThere(tx, batch.plan);
  await assertNotErasing(tx, batch.datasetId, batch.undoes ?? batch.id);
  if (batch.undoes === null) await assertItemsThere(tx, batchId, batch.datasetId);
  await takeResources(tx, batch, 'start this one');
  if (batch.rest) {
    const categories = batch.plan.categories.map(({ name }) => name);
    await keepCorrected(tx, batchId, batch.rest, categories);
  }
  if (batch.undoes === null) await insertTaught(tx, batchId, taughtIn(batch.plan, batch.datasetId), actor.id);
  await storeStart(tx, batchId, batch.plan.instruction || null, actor);
  const opening = openAtStart(batch.plan.gates.next ?? 'each', started.pilot);
  let numbers = opening === null ? [] : await openGates(tx, batchId, opening);
  // The pilot may have been cancelled before the start: the first of the others takes its place.
  if (numbers.length === 0) numbers = await openGates(tx, batchId, { count: 1 });
  await ring(tx);
  return numbers;
}

function changedPlan(name: string): CountersignError {
  const message = `The plan of “${name}” was changed while you looked. Nothing was started. Look at the plan, and start it again.`;
  return new CountersignError('stale', message);
}

async function assertClassifiesRight({ id, name, datasetId, plan }: BatchRow): Promise<void> {
  const { pool } = db();
  const fields = (await readPlanningDataset(pool, datasetId))?.fields ?? [];
  const meanings = (await readMeanings(pool, { batchId: id })) ?? {};
  const problems = await workOut('checkClassifier', { plan: classifyingOf(plan), fields, meanings }, { plan });
  if (problems[0])
    throw new CountersignError('invalid', `“${name}” can't be started. ${problems[0].message} Plan it again.`, { problems });
}

/** Claims what the batch would change. Throws `conflict` naming the unfinished batch that may change some of it too. */
export async function takeResources(tx: Tx, batch: BatchRow, then: string): Promise<void> {
  const taken = await claimResources(tx, batch, placesClaimed(batch.plan, batch.datasetId));
  if (!taken) return;
  const what = `${taken.count} of the same items by ${batch.plan.independence.resource.join(' and ')}`;
  const message = `“${taken.batchName}” is not finished and may change ${what}. Finish or cancel it, then ${then}.`;
  throw new CountersignError('conflict', message, { facts: { batchId: taken.batchId } });
}
