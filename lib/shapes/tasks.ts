import { z } from 'zod';
import { leftByAction } from './actions.ts';
import { instant } from './values.ts';

/** What a batch left for a person to do. */
export const followUp = leftByAction.extend({
  id: z.string(),
  title: z.string(),
  body: z.string(),
  doneAt: instant.nullable(),
  /** by name */
  doneBy: z.string().nullable(),
  /** when an undo took it back */
  withdrawnAt: instant.nullable(),
});
export type FollowUp = z.infer<typeof followUp>;
