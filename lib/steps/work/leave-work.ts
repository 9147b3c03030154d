/** An agent holds on to a chunk, or gives it back. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CHUNK_TRANSITIONS } from '#lib/core/lifecycle.ts';
import { announce } from '#lib/engine/events.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { workExtended, type workLease, type workLeft, workReleased } from '#lib/shapes/work.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { holdForAgent, releaseForAgent } from '#lib/store/chunks/agent-claims.sql.ts';
import { tellTape } from '#lib/store/live/tape.ts';
import { db } from '#lib/store/postgres/db.ts';
import { broughtTo, heldWork, leaseOf, noMore } from './open-work.ts';

const extended = z.strictObject({ batchId: z.uuid(), chunk: nameNumber, extended: workExtended });
const released = z.strictObject({ batchId: z.uuid(), chunk: nameNumber, released: workReleased });

/** Renews the lease of a claim, for an agent that thinks for longer. Throws `conflict` when the claim does not stand, `not_found`, `forbidden`. */
export async function extendWork(actor: Actor, raw: z.input<typeof extended>): Promise<z.infer<typeof workLease>> {
  authorise(actor, 'work');
  const { batchId, chunk, extended: asked } = readInput(extended, raw);
  return inWrite(db().pool, 'extend_work', async (tx) =>
    leaseOf(await heldWork(tx, { batchId, chunk, epoch: asked.epoch, key: actor.id })),
  );
}

/**
 * Gives a chunk back, with the reason for people to read; what was reported stays, and the next agent goes on from there. A chunk that a person stops is given
 * back too; sent again, it is answered as it was. Throws `conflict` when the claim does not stand, `not_found`, `forbidden`.
 */
export async function leaveWork(actor: Actor, raw: z.input<typeof released>): Promise<z.infer<typeof workLeft>> {
  authorise(actor, 'work');
  const { batchId, chunk, released: asked } = readInput(released, raw);
  const { pool } = db();
  await inWrite(pool, 'leave_work', async (tx) => {
    const own = { batchId, number: chunk, epoch: asked.epoch, key: actor.id };
    const held = await holdForAgent(tx, own);
    if (held === null || !(await releaseForAgent(tx, own))) {
      if (await broughtTo(tx, { ...own, chunk }, CHUNK_TRANSITIONS.yield_classify.to)) return;
      throw await noMore(tx, { ...own, chunk });
    }
    await tellTape(tx, { batchId, chunk, kind: 'agent_left', facts: { name: actor.name, reason: asked.reason } });
  });
  announce(pool, batchId, { chunk, kind: 'state' });
  return { given: true };
}
