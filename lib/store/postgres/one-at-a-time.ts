import type { Querying } from './db.ts';

/**
 * A connection that several ask at once: each statement waits here until the one that was asked before it has its answer, for the driver wants one at a
 * time. What fails fails for whoever asked it; in a transaction what follows is then refused by the database.
 */
export function oneAtATime(connection: Querying): Querying {
  let last: Promise<unknown> = Promise.resolve();
  const query = (...asked: unknown[]): Promise<unknown> => {
    const act = (): unknown => (connection.query as (...all: unknown[]) => unknown)(...asked);
    const answer = last.then(act);
    last = answer.catch(() => {});
    return answer;
  };
  return { query: query as Querying['query'] };
}
