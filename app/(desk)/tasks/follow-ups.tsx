'use client';

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useActed } from '#app/(desk)/use-acted.ts';
import { queries } from '#components/api-client.ts';
import { FollowUpList } from '#components/tasks/follow-up-list.tsx';
import { followUpPages } from '#components/tasks/follow-up-pages.ts';
import type { TasksShown } from '#components/tasks/tasks-address.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { useFirstPage } from '#components/ui/use-first-page.ts';
import type { Reviewer } from '#lib/shapes/people.ts';
import type { FollowUp } from '#lib/shapes/tasks.ts';
import { assignFollowUpAction, finishFollowUpAction } from './actions.ts';

type Props = { shown: TasksShown; first: { items: FollowUp[]; next: string | null }; people: Reviewer[] };

/** The tasks that are asked for; what is no longer so leaves the list. */
export function FollowUps({ shown, first, people }: Props) {
  const acted = useActed();
  const cache = useQueryClient();
  const options = followUpPages(shown, first);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, first);
  /** Pages beyond the first are the browser's. */
  const after = async <Value,>(answer: Promise<Outcome<Value>>): Promise<Outcome<Value>> => {
    const outcome = await acted(answer);
    void cache.invalidateQueries({ queryKey: queries.tasks.key() });
    return outcome;
  };
  return (
    <>
      <FollowUpList
        tasks={pages.data.pages.flatMap(({ items }) => items)}
        acts={{
          people,
          onDone: (task) => after(finishFollowUpAction(task)),
          onAssign: (task) => after(assignFollowUpAction(task)),
        }}
      />
      <MorePages pages={pages} />
    </>
  );
}
