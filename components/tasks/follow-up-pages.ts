import { queries } from '#components/api-client.ts';
import { beginningWith, PAGED } from '#components/ui/pages.ts';
import type { FollowUp } from '#lib/shapes/tasks.ts';
import type { TasksShown } from './tasks-address.ts';

export type TasksPage = { items: FollowUp[]; next: string | null; looked: number };

/** The follow-up tasks that are asked for, the newest first. */
export function followUpPages(shown: TasksShown, first: TasksPage) {
  return queries.tasks.list.infiniteOptions({
    input: (cursor: string | undefined) => ({ ...shown, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
  });
}
