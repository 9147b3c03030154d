'use client';

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { useActed } from '#app/(desk)/use-acted.ts';
import { queries } from '#components/api-client.ts';
import { FollowUpList } from '#components/tasks/follow-up-list.tsx';
import { followUpPages, type TasksPage } from '#components/tasks/follow-up-pages.ts';
import type { TasksShown } from '#components/tasks/tasks-address.ts';
import { formatNoun } from '#components/ui/format.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { useFirstPage } from '#components/ui/use-first-page.ts';
import type { Reviewer } from '#lib/shapes/people.ts';
import { assignFollowUpAction, finishFollowUpAction } from './actions.ts';

type Props = {
  shown: TasksShown;
  first: TasksPage;
  people: Reviewer[] /** what stands there when there is none */;
  nothing: ReactNode;
};

/** The tasks that are asked for; what is no longer so leaves the list. Until the first is found it is looked further by itself. */
export function FollowUps({ shown, first, people, nothing }: Props) {
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
  const tasks = pages.data.pages.flatMap(({ items }) => items);
  const looked = pages.data.pages.reduce((sum, page) => sum + page.looked, 0);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = pages;
  const further = tasks.length === 0 && hasNextPage && !isFetchingNextPage && !isFetchNextPageError;
  useEffect(() => {
    if (further) void fetchNextPage({ cancelRefetch: false });
  }, [further, fetchNextPage]);
  if (tasks.length === 0 && !hasNextPage) return nothing;
  return (
    <>
      {tasks.length === 0 ? null : (
        <FollowUpList
          tasks={tasks}
          acts={{
            people,
            onDone: (task) => after(finishFollowUpAction(task)),
            onAssign: (task) => after(assignFollowUpAction(task)),
          }}
        />
      )}
      {shown.search && hasNextPage ? (
        <p role="status" className="mt-2 text-muted">
          {tasks.length === 0 ? 'Nothing so far' : `${formatNoun(tasks.length, 'tasks')} so far`}, in{' '}
          {formatNoun(looked, 'tasks')} that were looked at.
        </p>
      ) : null}
      <MorePages pages={pages} {...(shown.search ? { label: 'Look further' } : {})} />
    </>
  );
}
