import { queries } from '#components/api-client.ts';
import { beginningWith, PAGED } from '#components/ui/pages.ts';
import type { FollowUp } from '#lib/shapes/tasks.ts';
import type { TasksShown } from './tasks-address.ts';

/** The follow-up tasks that are asked for, the newest first. */
export function followUpPages(shown: TasksShown, first: { items: FollowUp[]; next: string | null }) {
  return queries.tasks.list.infiniteOptions({
    input: (cursor: string | undefined) => ({ ...shown, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
  });
}
