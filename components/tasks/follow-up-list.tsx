'use client';

import { useMutation } from '@tanstack/react-query';
import { StoryLink } from '#components/items/story-link.tsx';
import { Button } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Link } from '#components/ui/link.tsx';
import type { Outcome } from '#components/ui/outcome.ts';
import { Instant } from '#components/ui/relative-time.tsx';
import { writing } from '#components/ui/writing.ts';
import type { FollowUp } from '#lib/shapes/tasks.ts';

/** Follow-up tasks that batches created; a press says it is done. */
export function FollowUpList({ tasks, onDone }: { tasks: FollowUp[]; onDone: (task: { id: string }) => Promise<Outcome> }) {
  if (tasks.length === 0)
    return <EmptyState title="No follow-up tasks" text="A category whose action is a task makes a task for each of its items." />;
  return (
    <ul className="rounded-md border border-hairline">
      {tasks.map((task) => (
        <FollowUpLine key={task.id} task={task} onDone={onDone} />
      ))}
    </ul>
  );
}

function FollowUpLine({ task, onDone }: { task: FollowUp; onDone: (task: { id: string }) => Promise<Outcome> }) {
  const done = useMutation(writing(['tasks', task.id, 'finish'], () => onDone({ id: task.id })));
  return (
    <li className="flex items-start gap-3 border-b border-hairline px-3 py-2 last:border-b-0">
      <div className="min-w-0 flex-1">
        <p className={task.doneAt ? 'text-muted line-through' : 'font-medium'}>{task.title}</p>
        {task.body ? <p className="line-clamp-2 whitespace-pre-wrap text-muted">{task.body}</p> : null}
        <p className="text-12 text-muted">
          <Link href={`/batches/${task.batchId}`} className="underline-offset-2 hover:underline">
            {task.batchName}
          </Link>{' '}
          · <Instant iso={task.at} /> · <StoryLink batchId={task.batchId} ordinal={task.ordinal} />
        </p>
        {done.error ? (
          <p role="alert" className="text-red">
            {done.error.message}
          </p>
        ) : null}
      </div>
      {task.doneAt ? (
        <span className="text-12 text-muted">done</span>
      ) : (
        <Button size="small" onClick={() => done.mutate()} pending={done.isPending}>
          Done
        </Button>
      )}
    </li>
  );
}
