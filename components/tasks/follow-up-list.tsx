'use client';

import { useMutation } from '@tanstack/react-query';
import { Check, RotateCcw } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { Link } from '#components/ui/link.tsx';
import { Menu } from '#components/ui/menu.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Instant } from '#components/ui/relative-time.tsx';
import { writing } from '#components/ui/writing.ts';
import type { Reviewer } from '#lib/shapes/people.ts';
import type { FollowUp } from '#lib/shapes/tasks.ts';

export type TaskActs = {
  onDone: (task: { id: string; done: boolean }) => Promise<Outcome>;
  onAssign: (task: { id: string; to: string | null }) => Promise<Outcome>;
  /** whom a task can be given to */
  people: Reviewer[];
};

/** Follow-up tasks that batches created: what each is about, who does it, and whether it is done. */
export function FollowUpList({ tasks, acts }: { tasks: FollowUp[]; acts: TaskActs }) {
  return (
    <ul className="rounded-md border border-hairline">
      {tasks.map((task) => (
        <FollowUpLine key={task.id} task={task} acts={acts} />
      ))}
    </ul>
  );
}

function FollowUpLine({ task, acts }: { task: FollowUp; acts: TaskActs }) {
  const { id, title, body, about, batchId, batchName, ordinal, at, assignee, doneAt, doneBy, withdrawnAt } = task;
  const done = useMutation(writing(['tasks', id, 'done'], (now: boolean) => acts.onDone({ id, done: now })));
  const assign = useMutation(writing(['tasks', id, 'assign'], (to: string | null) => acts.onAssign({ id, to })));
  const error = done.error ?? assign.error;
  const over = doneAt !== null || withdrawnAt !== null;
  return (
    <li className="flex flex-col gap-2 border-b border-hairline px-3 py-2 last:border-b-0 sm:flex-row sm:items-start sm:gap-3">
      <div className="min-w-0 flex-1">
        <p className={over ? 'text-muted line-through' : 'font-medium'}>{title}</p>
        {body ? <p className="line-clamp-2 whitespace-pre-wrap text-muted">{body}</p> : null}
        <p className="truncate">
          <Link
            href={`/batches/${batchId}/items/${ordinal}`}
            aria-label={`Item ${ordinal}: its story`}
            className="underline underline-offset-2"
          >
            {about || `Item ${ordinal}`}
          </Link>
        </p>
        <p className="text-12 text-muted">
          <Link href={`/batches/${batchId}`} className="underline-offset-2 hover:underline">
            {batchName}
          </Link>{' '}
          · <Instant iso={at} />
          {doneAt ? (
            <>
              {' '}
              · done by {doneBy} <Instant iso={doneAt} />
            </>
          ) : null}
          {withdrawnAt ? (
            <>
              {' '}
              · withdrawn by an undo <Instant iso={withdrawnAt} />
            </>
          ) : null}
        </p>
        {error ? (
          <p role="alert" className="text-red">
            {error.message}
          </p>
        ) : null}
      </div>
      {withdrawnAt ? null : (
        <div className="flex shrink-0 items-center gap-2">
          <Menu
            trigger={
              <Button size="small" pending={assign.isPending} aria-label={`Who does “${title}”: ${whoWords(assignee)}`}>
                {whoWords(assignee)}
              </Button>
            }
            items={[
              ...(assignee?.you ? [] : [{ id: 'me', label: 'I do it', onSelect: () => assign.mutate('me') }]),
              ...acts.people
                .filter((one) => one.id !== assignee?.id)
                .map((one) => ({ id: one.id, label: one.name, onSelect: () => assign.mutate(one.id) })),
              ...(assignee ? [{ id: 'nobody', label: 'Nobody', onSelect: () => assign.mutate(null) }] : []),
            ]}
          />
          <Button
            size="small"
            icon={doneAt ? <RotateCcw size={14} aria-hidden="true" /> : <Check size={14} aria-hidden="true" />}
            onClick={() => done.mutate(doneAt === null)}
            pending={done.isPending}
          >
            {doneAt ? 'Not done' : 'Done'}
          </Button>
        </div>
      )}
    </li>
  );
}

function whoWords(assignee: FollowUp['assignee']): string {
  if (assignee === null) return 'Nobody yet';
  return assignee.you ? 'You' : assignee.name;
}
