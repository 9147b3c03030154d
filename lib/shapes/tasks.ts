import { z } from 'zod';
import { leftByAction } from './actions.ts';
import { count, id, instant } from './values.ts';

/** What a batch left for a person to do. */
export const followUp = leftByAction.extend({
  id: z.string(),
  title: z.string(),
  body: z.string(),
  about: z.string().describe('The item in a line: its receipt fields. Empty where the item is no longer kept.'),
  assignee: z.object({ id, name: z.string(), you: z.boolean() }).nullable().describe('Who does it.'),
  doneAt: instant.nullable(),
  /** by name */
  doneBy: z.string().nullable(),
  /** when an undo took it back */
  withdrawnAt: instant.nullable(),
});
export type FollowUp = z.infer<typeof followUp>;

/**
 * What people do with a task.
 * @internal for a test of the database's sets
 */
export const TASK_ACTS = ['done', 'reopened', 'assigned'] as const;

/** Which tasks. */
export const followUpsAsked = {
  state: z.enum(['open', 'over']).optional().describe('`over`: those that are done or withdrawn.'),
  who: z
    .union([z.enum(['me', 'nobody']), id])
    .optional()
    .describe('Who does them: `me`, `nobody`, or the id of a person.'),
  batch: id.optional().describe('The batch that made them.'),
  search: z.string().max(200).optional().describe('A text in their title or body, letter case aside.'),
};
const asked = z.object(followUpsAsked);
export type FollowUpsAsked = z.infer<typeof asked>;

export const tasksLooked = count.describe('Tasks that were looked at for this page.');

export const taskAssignment = z.strictObject({
  to: z
    .union([z.literal('me'), id])
    .nullable()
    .describe('`me`, the id of a person who decides, or null: nobody.'),
});
