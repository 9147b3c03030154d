/** What a person does with a follow-up task: done, not done again, and who does it. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { type FollowUp, taskAssignment } from '#lib/shapes/tasks.ts';
import { reviewerId } from '#lib/steps/people/list-reviewers.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { db, type Tx } from '#lib/store/postgres/db.ts';
import { readTask, setAssignee, setDone } from '#lib/store/tasks/follow-ups.ts';
import { followUpRows } from './follow-up-rows.ts';

const named = { id: z.string() };
const doneInput = z.strictObject({ ...named, done: z.boolean() });
const assignInput = taskAssignment.extend(named);

/**
 * Says that a task is done, or not done again. One that is so already stays as it is, with the name of who said it first.
 * @throws CountersignError `not_found`, or `conflict` when an undo withdrew it
 */
export async function finishFollowUp(actor: Actor, raw: z.input<typeof doneInput>): Promise<FollowUp> {
  authorise(actor, 'finish');
  const { id, done } = readInput(doneInput, raw);
  return change(actor, id, (tx, task) => setDone(tx, task, done, actor.id));
}

/**
 * Says who does a task.
 * @throws CountersignError `invalid` (nobody who decides), `not_found`, or `conflict` when an undo withdrew it
 */
export async function assignFollowUp(actor: Actor, raw: z.input<typeof assignInput>): Promise<FollowUp> {
  authorise(actor, 'finish');
  const { id, to } = readInput(assignInput, raw);
  const whom = to === null ? null : await reviewerId(to, actor);
  return change(actor, id, (tx, task) => setAssignee(tx, task, whom, actor.id));
}

async function change(actor: Actor, id: string, act: (tx: Tx, id: bigint) => Promise<void>): Promise<FollowUp> {
  const number = /^\d{1,18}$/.test(id) ? BigInt(id) : null;
  const task =
    number &&
    (await inWrite(db().pool, 'follow-up', async (tx) => {
      await act(tx, number);
      const [row] = [await readTask(tx, number)].flatMap((one) => one ?? []);
      if (row?.withdrawnAt)
        throw new CountersignError('conflict', 'This task was withdrawn, because the action that made it was undone.');
      return row ? (await followUpRows([row], actor))[0] : undefined;
    }));
  if (!task) throw new CountersignError('not_found', 'There is no such task.');
  return task;
}
