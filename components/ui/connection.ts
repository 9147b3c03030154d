/** Whether this tab shows what is so now, and whether anything can be sent: one answer for the whole tab. Whoever follows the server tells it. */
import { useSyncExternalStore } from 'react';

export type Connection = {
  /** until when what is on the page was known to be so, in ms of the browser's clock; null while it is */
  lostAt: number | null;
  /** the server answers, whatever became of the live view */
  answers: boolean;
  /** what the server says about it, as a sentence */
  why: string | null;
  /** somebody asked for a page that can't be read before the server answers */
  opening: boolean;
};

const WELL: Connection = { lostAt: null, answers: true, why: null, opening: false };

let now = WELL;
const hearing = new Set<() => void>();

export function connection(): Connection {
  return now;
}

/** Call it where something of it was learned. */
export function tellConnection(change: Partial<Connection>): void {
  const next = { ...now, ...change };
  if ((Object.keys(next) as (keyof Connection)[]).every((key) => next[key] === now[key])) return;
  now = next;
  for (const hear of [...hearing]) hear();
}

/** Runs `hear` at each change; answers how to stop. */
export function onConnection(hear: () => void): () => void {
  hearing.add(hear);
  return () => void hearing.delete(hear);
}

export function useConnection(): Connection {
  return useSyncExternalStore(onConnection, connection, () => WELL);
}

/** What was held back: nobody has to wonder whether it was done. */
export class NotSent extends Error {
  override name = 'NotSent';
  constructor() {
    super('The server does not answer. Nothing was sent: try again when it does.');
  }
}
