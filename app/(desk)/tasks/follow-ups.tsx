'use client';

import { useInfiniteQuery } from '@tanstack/react-query';
import { useActed } from '#app/(desk)/use-acted.ts';
import { FollowUpList } from '#components/tasks/follow-up-list.tsx';
import { openFollowUpPages } from '#components/tasks/follow-up-pages.ts';
import { MorePages } from '#components/ui/more-pages.tsx';
import { useFirstPage } from '#components/ui/use-first-page.ts';
import type { FollowUp } from '#lib/shapes/tasks.ts';
import { finishFollowUpAction } from './actions.ts';

/** The tasks that are to be done; what is done leaves the list once it is. */
export function FollowUps({ first }: { first: { items: FollowUp[]; next: string | null } }) {
  const acted = useActed();
  const options = openFollowUpPages(first);
  const pages = useInfiniteQuery(options);
  useFirstPage(options.queryKey, first);
  return (
    <>
      <FollowUpList tasks={pages.data.pages.flatMap(({ items }) => items)} onDone={(task) => acted(finishFollowUpAction(task))} />
      <MorePages pages={pages} />
    </>
  );
}
