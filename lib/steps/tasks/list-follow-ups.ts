/** The follow-up tasks that batches made. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { TASKS_LOOK_MAX, TASKS_LOOK_MS } from '#lib/core/limits.ts';
import { type FollowUp, type FollowUpsAsked, followUpsAsked } from '#lib/shapes/tasks.ts';
import { limitOf, type Page, type PageInput, pageOf, sequenceCursor } from '#lib/steps/page.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readTaskPage, searchTaskPage } from '#lib/store/tasks/follow-ups.ts';
import { followUpRows, tasksAsked } from './follow-up-rows.ts';

const input = z.strictObject(followUpsAsked);

/** `looked`: tasks that were looked at for this page. */
export type FoundFollowUps = Page<FollowUp> & { looked: number };

/**
 * The newest first. A page of a text that is searched for ends after TASKS_LOOK_MS: it may be short, or empty, while `next` goes on. Throws `invalid`, also for a cursor of
 * another list.
 */
export async function listFollowUps(
  actor: Actor,
  { cursor, limit: most, ...raw }: PageInput & FollowUpsAsked = {},
): Promise<FoundFollowUps> {
  authorise(actor, 'see');
  const limit = limitOf({ limit: most });
  const before = sequenceCursor({ cursor });
  const asked = tasksAsked(readInput(input, raw), actor);
  if (asked.search) {
    const { tasks, looked, next } = await searchTaskPage(db(), asked, { before, limit, ms: TASKS_LOOK_MS, step: TASKS_LOOK_MAX });
    return { items: await followUpRows(tasks, actor), next: next === null ? null : String(next), looked };
  }
  const rows = await readTaskPage(db(), asked, { before, limit: limit + 1 });
  const { shown, next } = pageOf(rows, limit, ({ id }) => id);
  return { items: await followUpRows(shown, actor), next, looked: shown.length };
}
