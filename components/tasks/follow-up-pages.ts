import { queries } from '#components/api-client.ts';
import { beginningWith, PAGED } from '#components/ui/pages.ts';
import type { FollowUp } from '#lib/shapes/tasks.ts';

/** The follow-up tasks that are to be done, the newest first. */
export function openFollowUpPages(first: { items: FollowUp[]; next: string | null }) {
  return queries.tasks.list.infiniteOptions({
    input: (cursor: string | undefined) => ({ state: 'open' as const, ...(cursor ? { cursor } : {}) }),
    ...PAGED,
    ...beginningWith(first),
  });
}
