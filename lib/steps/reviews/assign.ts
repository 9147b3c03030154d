/** Checkpoints of a batch are given to whoever reviews them, many at once. It forbids nobody anything. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, rolesOf } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { announce } from '#lib/engine/events.ts';
import { type Assigned, assignment } from '#lib/shapes/evidence.ts';
import { reviewerId } from '#lib/steps/people/list-reviewers.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { assignChunks } from '#lib/store/batches/needs.sql.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { db } from '#lib/store/postgres/db.ts';
import { unlessCrossed } from '#lib/store/postgres/unless-crossed.ts';

const input = assignment.extend({ batchId: z.uuid() });

export type AssignInput = z.input<typeof input>;
/**
 * Gives the checkpoints that are in review, and that nobody or the actor has, to somebody or to nobody; what another claimed stays theirs, unless they were put out.
 *
 * @returns the chunks that changed; none where nothing was to be given
 * @throws CountersignError `invalid` (`to` is nobody who decides), `forbidden` (who does not start batches gives them to nobody else), `not_found`
 */
export async function assign(actor: Actor, raw: AssignInput): Promise<Assigned> {
  authorise(actor, 'mark');
  const { batchId, chunks: numbers = null, to } = readInput(input, raw);
  if (to !== null && to !== 'me' && `user:${to}` !== actor.id) authorise(actor, 'assign');
  const whom = to === null ? null : await reviewerId(to, actor);
  const act = () =>
    inWrite(db().pool, 'assign', async (tx) => {
      if (!(await readBatchRow(tx, batchId))) throw new CountersignError('not_found', 'There is no such batch.');
      return assignChunks(tx, { batchId, numbers, by: { id: actor.id, roles: rolesOf('decide') }, to: whom });
    });
  const chunks = await unlessCrossed(act);
  if (chunks.length > 0) announce(db().pool, batchId, { kind: 'claim' });
  return { chunks };
}
