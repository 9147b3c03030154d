/**
 * What this process knows of its database's faults. Whoever meets one takes note of it here, so that it is said once, however many meet it, and
 * so that all of them wait with patience instead of asking as fast as they can.
 */
import type { Pool } from 'pg';
import { DATABASE_FAULTS, type DatabaseFault, type DatabaseFaultKind, databaseFault } from '#lib/core/fleet/database-fault.ts';
import { DATABASE_WELL_MS } from '#lib/core/limits.ts';
import { CLOCK, type Clock } from './clock.ts';

/** One time of trouble: its worst fault, and when a fault was met first and last, by the monotonic clock. */
export type Spell = { kind: DatabaseFaultKind; since: number; last: number };

export type Trouble = {
  /** Takes note of an error; null when it is no fault of the database. */
  met(error: unknown): DatabaseFault | null;
  /** The spell that lasts; null once nobody met a fault for DATABASE_WELL_MS. */
  now(): Spell | null;
};

/** The one of the connections that the pool makes. */
export function troubleOf(pool: Pool): Trouble {
  const known = troubles.get(pool) ?? trouble(CLOCK);
  troubles.set(pool, known);
  return known;
}

const troubles = new WeakMap<Pool, Trouble>();

/** @internal for its tests */
export function trouble(clock: Clock): Trouble {
  let spell: Spell | null = null;
  const now = (): Spell | null => {
    if (spell && clock.now() - spell.last > DATABASE_WELL_MS) spell = null;
    return spell;
  };
  return {
    now,
    met(error) {
      const fault = databaseFault(error);
      if (!fault) return null;
      const last = clock.now();
      const before = now();
      spell = { kind: worse(before?.kind, fault.kind), since: before?.since ?? last, last };
      return fault;
    },
  };
}

/** A full disk also makes the server go away, so what was worst is what the spell is about. */
function worse(before: DatabaseFaultKind | undefined, kind: DatabaseFaultKind): DatabaseFaultKind {
  return before && DATABASE_FAULTS.indexOf(before) > DATABASE_FAULTS.indexOf(kind) ? before : kind;
}

const FIRST_WAIT_MS = 100;
/** Shorter than a lease by far: after a restart of the database the owner of a chunk is back before anybody may take it over. */
const LAST_WAIT_MS = 1_000;

/** For one work that is tried until the database does it: bears a fault by waiting, each time longer, and throws every other error. */
export function patience(of: Trouble, clock: Clock): (error: unknown) => Promise<void> {
  let wait = FIRST_WAIT_MS;
  return async (error) => {
    if (!of.met(error)) throw error;
    await clock.sleep(wait);
    wait = Math.min(wait * 2, LAST_WAIT_MS);
  };
}
