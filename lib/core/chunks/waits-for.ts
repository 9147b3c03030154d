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

/** `resource` is for what another batch would change too: today such a batch is refused at its start, so no chunk of it ever waits. */
export const WAITS = ['worker', 'rate', 'target', 'person', 'gate', 'retry_after', 'predecessor', 'paused', 'resource'] as const;
export type Wait = (typeof WAITS)[number];

export type WaitsFor = {
  for: Wait;
  /** ISO 8601: it goes on by itself then; null where nobody can say */
  until: string | null;
  /** whom, where it waits for one target */
  target: string | null;
};

/** All that it is derived from, as one statement saw it (WAIT_FACTS in lib/store/chunks/wait-facts.sql.ts). */
export type WaitFacts = {
  batchState: BatchState;
  /** a worker has it, under a lease that has not lapsed */
  owned: boolean;
  /** its decision lets it begin: it was released, or has some of the actions that run first */
  mayBegin: boolean;
  /** its batch runs one chunk after the other, and one before it is not settled */
  behind: boolean;
  /** it halted under the incident of a target */
  haltedAtTarget: boolean;
  /** the target that nobody may send to now, and that it sends to */
  heldBy: string | null;
  /** what it was given back for, until the hour comes; or its batch's rate, which lets nobody begin */
  givenBackFor: 'rate' | 'retry_after' | 'target' | null;
  /** that hour; null where there is none */
  notBefore: string | null;
  /** whom it sends to, where that is one target */
  target: string | null;
};

export type Waiter = { state: ChunkState; stopping: Stopping | null; wait: WaitFacts };

/** Null for a chunk that is being worked on, and for one that needs nothing more. Never null for one that stands still. */
export function waitsFor({ state, stopping, wait }: Waiter): WaitsFor | null {
  if (CHUNK_TERMINAL.includes(state)) return null;
  if (state === 'proposed') return on('gate');
  if (state === 'halted') return wait.haltedAtTarget ? on('target', wait.heldBy) : on('person');
  if (state === 'paused' || (stopping === 'pause' && CHUNK_UNCLAIMED.includes(state))) return on('paused');
  if (!CHUNK_PAUSABLE.includes(state)) return on('person');
  if (CHUNK_OWNED.includes(state) && wait.owned) return null;
  // What is brought to an end is claimed whatever else holds it.
  if (stopping !== null) return on('worker');
  if (wait.batchState === 'paused') return on('paused');
  if (state === 'approved' && !wait.mayBegin) return on('person');
  if (wait.behind) return on('predecessor');
  if (CHUNK_ACTING.includes(state) && wait.heldBy !== null) return on('target', wait.heldBy);
  if (wait.givenBackFor !== null)
    return { for: wait.givenBackFor, until: wait.notBefore, target: wait.givenBackFor === 'rate' ? null : wait.target };
  return on('worker');
}

function on(what: Wait, target: string | null = null): WaitsFor {
  return { for: what, until: null, target };
}

/**
 * What `count` chunks wait for, with the verb: "2 wait for a person", "waits until 15:02 UTC because the target asked for it". `now` is ISO 8601: an
 * hour of another day is told with its day.
 */
export function waitWords({ for: what, until, target }: WaitsFor, now: string, count = 1): string {
  const waits = count === 1 ? 'waits' : 'wait';
  const hour = until === null ? null : hourOf(until, now);
  switch (what) {
    case 'worker':
      return `${waits} for a worker`;
    case 'rate':
      return `${waits} for ${count === 1 ? 'its' : 'their'} rate${hour === null ? '' : ` until ${hour}`}`;
    case 'target':
      return `${waits} for ${target ?? (count === 1 ? 'its target' : 'their targets')}${hour === null ? '' : ` until ${hour}`}`;
    case 'retry_after':
      return `${waits}${hour === null ? '' : ` until ${hour}`} because ${target ?? 'the target'} asked for it`;
    case 'person':
      return `${waits} for a person`;
    case 'gate':
      return `${waits} to be let through`;
    case 'predecessor':
      return `${waits} for the chunk before ${count === 1 ? 'it' : 'them'}`;
    case 'paused':
      return count === 1 ? 'is paused' : 'are paused';
    case 'resource':
      return `${waits} for what another batch may change`;
  }
}

/** "15:02 UTC", rounded up to the minute, for it must not be over before it is reached; with the day where it is not today. */
function hourOf(until: string, now: string): string {
  const minute = 60_000;
  const iso = new Date(Math.ceil(new Date(until).getTime() / minute) * minute).toISOString();
  const hour = `${iso.slice(11, 16)} UTC`;
  return iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? hour : `${iso.slice(0, 10)} ${hour}`;
}
