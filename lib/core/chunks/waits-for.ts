/** What a chunk waits for: derived here and nowhere else, for pages, REST, the board and /metrics. */
import {
  type BatchState,
  CHUNK_ACTING,
  CHUNK_OWNED,
  CHUNK_PAUSABLE,
  CHUNK_TERMINAL,
  CHUNK_UNCLAIMED,
  type ChunkState,
  type Stopping,
} from '#lib/core/lifecycle.ts';

/** `resource`: another batch would change the same. Such a batch is refused at its start today, so no chunk waits for it yet. */
export const WAITS = [
  'worker',
  'agent',
  'rate',
  'target',
  'person',
  'gate',
  'retry_after',
  'predecessor',
  'paused',
  'resource',
] as const;
export type Wait = (typeof WAITS)[number];

export type WaitsFor = {
  for: Wait;
  /** ISO 8601: when it continues by itself; null when that is not known */
  until: string | null;
  /** the target, when it waits for one */
  target: string | null;
};

/** All that it is derived from, as one statement saw it (WAIT_FACTS in lib/store/chunks/wait-facts.sql.ts). */
export type WaitFacts = {
  batchState: BatchState;
  /** agents classify its batch */
  agents: boolean;
  /** a worker holds it, under a lease that has not run out */
  owned: boolean;
  /** its decision lets it begin: it was released, or has some of the actions that run first */
  mayBegin: boolean;
  /** its batch runs one chunk after the other, and one before it is not settled */
  behind: boolean;
  /** it halted under the incident of a target */
  haltedAtTarget: boolean;
  /** of the targets that it sends to, the one that no batch may send to now */
  heldBy: string | null;
  /** why a worker gave it back until `notBefore`; or `rate`, when the rate of its batch is used up */
  givenBackFor: 'rate' | 'retry_after' | 'target' | 'agent' | null;
  /** until when it was given back; null when no time is set */
  notBefore: string | null;
  /** the target that it sends to, when it is one */
  target: string | null;
};

export type Waiter = { state: ChunkState; stopping: Stopping | null; wait: WaitFacts };

/** Null for a chunk that a worker or an agent holds, and for one that needs nothing more. Never null for a chunk that waits. */
export function waitsFor({ state, stopping, wait }: Waiter): WaitsFor | null {
  if (CHUNK_TERMINAL.includes(state)) return null;
  if (state === 'proposed') return on('gate');
  if (state === 'halted') return wait.haltedAtTarget ? on('target', wait.heldBy) : on('person');
  if (state === 'paused' || (stopping === 'pause' && CHUNK_UNCLAIMED.includes(state))) return on('paused');
  if (!CHUNK_PAUSABLE.includes(state)) return on('person');
  if (CHUNK_OWNED.includes(state) && wait.owned) return null;
  // An agent has something of it in hand, whoever stops it; when it looks again is no hour at which it goes on.
  if (CHUNK_ACTING.includes(state) && wait.givenBackFor === 'agent' && (stopping !== null || wait.batchState !== 'paused'))
    return on('agent');
  // A chunk that is being paused or cancelled is claimed whatever else it waits for.
  if (stopping !== null) return on('worker');
  if (wait.batchState === 'paused') return on('paused');
  if (state === 'approved' && !wait.mayBegin) return on('person');
  if (wait.behind) return on('predecessor');
  if (CHUNK_ACTING.includes(state) && wait.heldBy !== null) return on('target', wait.heldBy);
  if (wait.givenBackFor !== null)
    return { for: wait.givenBackFor, until: wait.notBefore, target: wait.givenBackFor === 'rate' ? null : wait.target };
  return on(wait.agents && !CHUNK_ACTING.includes(state) ? 'agent' : 'worker');
}

function on(what: Wait, target: string | null = null): WaitsFor {
  return { for: what, until: null, target };
}

/**
 * What a chunk waits for, for a badge or after "is": "waiting for a worker", "waiting for https://crm.example until 15:02 UTC". `now` is ISO 8601: an
 * hour of another day is told with its day.
 */
export function waitWords({ for: what, until, target }: WaitsFor, now: string): string {
  const hour = until === null ? '' : ` until ${hourOf(until, now)}`;
  switch (what) {
    case 'worker':
      return 'waiting for a worker';
    case 'agent':
      return 'waiting for an agent';
    case 'rate':
      return `waiting for its rate limit${hour}`;
    case 'target':
      return `waiting for ${target ?? 'a target'}${hour}`;
    case 'retry_after':
      return `waiting for ${target ?? 'a target'}${hour}, as the target asked`;
    case 'person':
      return WAITING_FOR_A_PERSON;
    case 'gate':
      return 'waiting for an earlier review';
    case 'predecessor':
      return 'blocked by an earlier chunk';
    case 'paused':
      return 'paused';
    case 'resource':
      return 'blocked by another batch';
  }
}

export const WAITING_FOR_A_PERSON = 'waiting for a person';

/** "15:02 UTC", rounded up to the minute, so that it is not past when it is shown; with the day when that is not today. */
function hourOf(until: string, now: string): string {
  const minute = 60_000;
  const iso = new Date(Math.ceil(new Date(until).getTime() / minute) * minute).toISOString();
  const hour = `${iso.slice(11, 16)} UTC`;
  return iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? hour : `${iso.slice(0, 10)} ${hour}`;
}
