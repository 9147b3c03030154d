/** The follow-up tasks that batches made. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { type FollowUp, type FollowUpsAsked, followUpsAsked } from '#lib/shapes/tasks.ts';
import { limitOf, type Page, type PageInput, pageOf, sequenceCursor } from '#lib/steps/page.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readTaskPage } from '#lib/store/tasks/follow-ups.ts';
import { followUpRows, tasksAsked } from './follow-up-rows.ts';

const input = z.strictObject(followUpsAsked);

/** The newest first. Throws `invalid`, also for a cursor of another list. */
export async function listFollowUps(
  actor: Actor,
  { cursor, limit: most, ...raw }: PageInput & FollowUpsAsked = {},
): Promise<Page<FollowUp>> {
  authorise(actor, 'see');
  const limit = limitOf({ limit: most });
  const before = sequenceCursor({ cursor });
  const rows = await readTaskPage(db(), tasksAsked(readInput(input, raw), actor), { before, limit: limit + 1 });
  const { shown, next } = pageOf(rows, limit, ({ id }) => id);
  return { items: await followUpRows(shown, actor), next };
}
