/** An agent has classified a chunk: it waits for a person now. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { otherwiseOf } from '#lib/classifiers/agent/part.ts';
import { handingIn } from '#lib/connectors/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_TRANSITIONS } from '#lib/core/lifecycle.ts';
import { CLASSIFY_PAGE_ITEMS } from '#lib/core/limits.ts';
import { announce } from '#lib/engine/events.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { type WorkDone, workCompleted } from '#lib/shapes/work.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { readBatchPlan } from '#lib/store/batches/batch-plan.sql.ts';
import { type AgentClaim, noteReport } from '#lib/store/chunks/agent-claims.sql.ts';
import { completeClassifying, insertClassifications, unclassified } from '#lib/store/chunks/classifications.sql.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { readNotHanded } from '#lib/store/repositories/handed.sql.ts';
import { broughtTo, heldWork, type OwnChunk } from './open-work.ts';

const input = z.strictObject({ batchId: z.uuid(), chunk: nameNumber, completed: workCompleted });

export type CompleteWorkInput = z.input<typeof input>;

/** So many of the items that are left are named in a refusal. */
const LEFT_NAMED = 20;

/**
 * Ends a claim: the chunk awaits its review. Items that nobody could tell go to the plan's category for the rest, with confidence 0, when the agent says why.
 *
 * Sent again, it is answered as it was.
 *
 * @throws CountersignError `conflict` (items are left and nothing was said of them; the claim does not stand), `not_found`, `forbidden`
 */
export async function completeWork(actor: Actor, raw: CompleteWorkInput): Promise<WorkDone> {
  authorise(actor, 'work');
  const { batchId, chunk, completed } = readInput(input, raw);
  const { pool } = db();
  const done = CHUNK_TRANSITIONS.classified.to;
  const unsure = await inWrite(pool, 'complete_work', async (tx) => {
    const own = { batchId, chunk, epoch: completed.epoch, key: actor.id };
    const chunkId = (await broughtTo(tx, own, done)) ?? (await complete(tx, own, completed.unsure, actor.id));
    return tx.prisma.classification.count({ where: { chunkId, confidence: 0 } });
  });
  announce(pool, batchId, { chunk, kind: 'state' });
  return { state: done, unsure, checkpoint: `/batches/${batchId}/chunks/${chunk}` };
}

async function complete(tx: Tx, own: OwnChunk, unsure: string | undefined, by: string): Promise<string> {
  const held = await heldWork(tx, own);
  if (unsure) await leaveUnsure(tx, held, unsure, by);
  else {
    await assertNothingLeft(tx, held);
    await assertHandedIn(tx, held);
  }
  if (!(await completeClassifying(tx, held))) throw new Error(`Chunk ${own.chunk} is locked and its claim did not hold.`);
  return held.chunkId;
}

async function assertNothingLeft(tx: Tx, held: AgentClaim): Promise<void> {
  const left = Math.max(0, held.itemCount - held.classified);
  if (left === 0) return;
  const first = await unclassified(tx, held, { after: 0, fields: [], limit: LEFT_NAMED });
  const ordinals = first.map(({ ordinal }) => ordinal);
  throw new CountersignError(
    'conflict',
    `${left} items of chunk ${held.number} are not classified: ${ordinals.join(', ')}${left > ordinals.length ? ', …' : ''}. Report them, or complete with “unsure” and say why they can't be told.`,
    { facts: { left, ordinals } },
  );
}

/** An item whose category does what was handed in of it can't be approved without: the agent hears it while it can mend it. */
async function assertHandedIn(tx: Tx, held: AgentClaim): Promise<void> {
  const plan = (await readBatchPlan(tx, held.batchId, held.chunkId))?.plan;
  const taking = plan?.categories.flatMap(({ name, action }) => (action && handingIn(action) ? [name] : [])) ?? [];
  const lacking = taking.length === 0 ? [] : await readNotHanded(tx, held.chunkId, taking, LEFT_NAMED + 1);
  if (lacking.length === 0) return;
  const ordinals = lacking.slice(0, LEFT_NAMED);
  throw new CountersignError(
    'conflict',
    `Of items of chunk ${held.number} that are “${taking.join('” or “')}” no commit was handed in: ${ordinals.join(', ')}${lacking.length > LEFT_NAMED ? ', …' : ''}. Hand it in, or complete with “unsure” and say why there is none: a person decides then.`,
    { facts: { ordinals } },
  );
}

async function leaveUnsure(tx: Tx, held: AgentClaim, why: string, by: string): Promise<void> {
  const found = await readBatchPlan(tx, held.batchId, held.chunkId);
  if (!found) throw new Error('The batch is gone.');
  const otherwise = otherwiseOf(found.plan);
  for (let after = 0; ; ) {
    const page = await unclassified(tx, held, { after, fields: [], limit: CLASSIFY_PAGE_ITEMS });
    if (page.length === 0) return;
    const given = page.map(({ ordinal }) => ({ ordinal, category: otherwise, why, confidence: 0 }));
    if (!(await insertClassifications(tx, held, given, by))) throw new Error('The chunk is locked and its claim did not hold.');
    await noteReport(
      tx,
      held,
      given.map(({ ordinal }) => ordinal),
      by,
    );
    after = page.at(-1)?.ordinal ?? after;
  }
}
