/** A person says that a follow-up task is done. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { finishTask } from '#lib/store/tasks/follow-ups.ts';

const input = z.strictObject({ id: z.string().regex(/^\d{1,18}$/) });

/**
 * Marks it as done by the actor. One that is done already stays as it is, with the name of who did it first.
 * @throws CountersignError `not_found`, or `conflict` when an undo withdrew it
 */
export async function finishFollowUp(
  actor: Actor,
  raw: z.input<typeof input>,
): Promise<{ id: string; doneAt: string; doneBy: string }> {
  authorise(actor, 'finish');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('not_found', 'There is no such task.');
  const { id } = read.data;
  const task = await finishTask(BigInt(id), actor.id);
  if (!task) throw new CountersignError('not_found', 'There is no such task.');
  if (!task.doneAt)
    throw new CountersignError('conflict', 'This task was withdrawn, because the action that made it was undone.');
  return { id, doneAt: task.doneAt.toISOString(), doneBy: task.doneBy ?? '' };
}
