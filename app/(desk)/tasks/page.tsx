import type { Metadata } from 'next';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { FollowUpList } from '#components/tasks/follow-up-list.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { NextPage } from '#components/ui/next-page.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { listFollowUps } from '#lib/steps/tasks/list-follow-ups.ts';
import { finishFollowUpAction } from './actions.ts';

export const metadata: Metadata = { title: 'Tasks' };

/** An undo of a batch takes its tasks back. */
const SHOWN = { topics: ['tasks', 'batches'] } as const;

export default async function TasksPage({ searchParams }: { searchParams: Promise<{ cursor?: string }> }) {
  const actor = await requireActor('/tasks');
  const { cursor } = await searchParams;
  const { items, next } = await listFollowUps(actor, { open: true, ...(cursor ? { cursor } : {}) });
  return (
    <>
      <Follow shows={SHOWN} />
      <PageHeader title="Tasks" meta="what batches left for people to do" />
      {items.length > 0 ? (
        <>
          <FollowUpList tasks={items} onDone={finishFollowUpAction} />
          <NextPage href={next === null ? null : `/tasks?cursor=${encodeURIComponent(next)}`} />
        </>
      ) : (
        <EmptyState
          title="No open task"
          text="A category whose action is “create a task” puts a task here for each of its items, once a person has approved them."
        />
      )}
    </>
  );
}
