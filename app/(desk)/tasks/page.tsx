import type { Metadata } from 'next';
import { Follow } from '#app/(desk)/follow.tsx';
import { requireActor } from '#app/actor.ts';
import { TaskFilter } from '#components/tasks/task-filter.tsx';
import { type TasksShown, tasksAddress, tasksShown } from '#components/tasks/tasks-address.ts';
import { ButtonLink } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { may } from '#lib/auth/authorise.ts';
import { readBatchName } from '#lib/steps/batches/read-batch-name.ts';
import { listReviewers } from '#lib/steps/people/list-reviewers.ts';
import { listFollowUps } from '#lib/steps/tasks/list-follow-ups.ts';
import { FollowUps } from './follow-ups.tsx';

export const metadata: Metadata = { title: 'Tasks' };

/** An undo of a batch takes its tasks back. */
const SHOWN = { topics: ['tasks', 'batches'] } as const;

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function TasksPage({ searchParams }: Props) {
  const shown = tasksShown(await searchParams);
  const actor = await requireActor(tasksAddress(shown));
  if (!may(actor, 'see'))
    return (
      <EmptyState
        level={1}
        title="An auditor does not see items"
        text="The batches' receipts and decisions are open to you."
        action={<ButtonLink href="/batches">Batches</ButtonLink>}
      />
    );
  const [first, people, batchName] = await Promise.all([
    listFollowUps(actor, shown),
    listReviewers(actor),
    shown.batch ? readBatchName(actor, shown.batch) : null,
  ]);
  return (
    <>
      <Follow shows={SHOWN} />
      <PageHeader title="Tasks" meta="what batches left for people to do" />
      <TaskFilter {...{ shown, people, batchName }} />
      <FollowUps key={tasksAddress(shown)} {...{ shown, first, people }} nothing={<Nothing shown={shown} />} />
    </>
  );
}

function Nothing({ shown: { state, ...filters } }: { shown: TasksShown }) {
  if (Object.keys(filters).length > 0)
    return (
      <EmptyState title="No task matches" action={<ButtonLink href={tasksAddress({ state })}>Show all of them</ButtonLink>} />
    );
  return state === 'over' ? (
    <EmptyState title="No task is done yet" action={<ButtonLink href="/tasks">See what is to be done</ButtonLink>} />
  ) : (
    <EmptyState
      title="No open task"
      text="A category whose action is “create a task” puts a task here for each of its items, once a person has approved them."
      action={<ButtonLink href="/batches">All batches</ButtonLink>}
    />
  );
}
