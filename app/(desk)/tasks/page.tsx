import type { Metadata } from 'next';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { listFollowUps } from '#lib/steps/tasks/list-follow-ups.ts';
import { FollowUps } from './follow-ups.tsx';

export const metadata: Metadata = { title: 'Tasks' };

/** An undo of a batch takes its tasks back. */
const SHOWN = { topics: ['tasks', 'batches'] } as const;

export default async function TasksPage() {
  const actor = await requireActor('/tasks');
  const first = await listFollowUps(actor, { open: true });
  return (
    <>
      <Follow shows={SHOWN} />
      <PageHeader title="Tasks" meta="what batches left for people to do" />
      {first.items.length > 0 ? (
        <FollowUps first={first} />
      ) : (
        <EmptyState
          title="No open task"
          text="A category whose action is “create a task” puts a task here for each of its items, once a person has approved them."
          action={<ButtonLink href="/batches">All batches</ButtonLink>}
        />
      )}
    </>
  );
}
