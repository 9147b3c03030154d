/** Which tasks are shown, as their page's address says it. */
import type { FollowUpsAsked } from '#lib/shapes/tasks.ts';

export type TasksShown = FollowUpsAsked & { state: 'open' | 'over' };

/** The page of these tasks. */
export function tasksAddress(shown: TasksShown): string {
  const query = queryOf(shown);
  return query ? `/tasks?${query}` : '/tasks';
}

/** These tasks as a file. */
export function tasksFile(shown: TasksShown, format: 'csv' | 'jsonl'): string {
  return `/api/v1/tasks/export?${new URLSearchParams({ ...given(shown), state: shown.state, format })}`;
}

/** What the address asks for; what can't be read there is left out. */
export function tasksShown(query: Record<string, string | string[] | undefined>): TasksShown {
  const text = (name: string): string | undefined => {
    const value = query[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  const who = text('who');
  const batch = text('batch');
  const search = text('search')?.slice(0, 200);
  return {
    state: text('state') === 'over' ? 'over' : 'open',
    ...(who && (who === 'me' || who === 'nobody' || ID.test(who)) ? { who } : {}),
    ...(batch && ID.test(batch) ? { batch } : {}),
    ...(search ? { search } : {}),
  };
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function queryOf({ state, ...shown }: TasksShown): string {
  return new URLSearchParams({ ...(state === 'over' ? { state } : {}), ...given(shown) }).toString();
}

function given({ who, batch, search }: FollowUpsAsked): Record<string, string> {
  return { ...(who ? { who } : {}), ...(batch ? { batch } : {}), ...(search ? { search } : {}) };
}
