/**
 * Who of one execution works and who waits. When nobody works, the execution is at rest: it holds nothing that another needs but its worker, and if its next
 * send is far away, not even that.
 */
import { WAIT_HELD_MS } from '#lib/core/limits.ts';
import type { Clock } from '#lib/engine/clock.ts';
import type { Wait } from '#lib/store/chunks/claims.sql.ts';

/** Until when, by the monotonic clock. `for` is null where the wait is short, or its end is known to nobody else: then the chunk is not given back for it. */
export type Rest = { until: number; for: Wait['for'] | null };

export type Rests = {
  /** Counts as work until it is done. */
  work<T>(act: () => Promise<T>): Promise<T>;
  /** Within work: waits. Null: for others of this execution, who work or wait themselves. */
  wait<T>(rest: Rest | null, act: () => Promise<T>): Promise<T>;
  /** Nobody works. */
  resting(): boolean;
};

/** `changed` is told whenever the last of those who work begins to wait, or one works again; `far`, that the next send is far away, and what for. */
export function rests(clock: Clock, told: { changed(resting: boolean): void; far(wait: Wait): void }): Rests {
  const waits = new Set<Rest>();
  let working = 0;
  const less = (): void => {
    working -= 1;
    if (working > 0) return;
    told.changed(true);
    const wait = farAway([...waits], clock.now());
    if (wait) told.far(wait);
  };
  const more = (): void => {
    working += 1;
    if (working === 1) told.changed(false);
  };
  return {
    async work(act) {
      more();
      try {
        return await act();
      } finally {
        less();
      }
    },
    async wait(rest, act) {
      if (rest) waits.add(rest);
      less();
      try {
        return await act();
      } finally {
        if (rest) waits.delete(rest);
        more();
      }
    },
    resting: () => working === 0,
  };
}

/** Null while something is due soon. Attempts that wait one by one are waited for together: whoever claims the chunk finds all of them due. */
function farAway(waits: readonly Rest[], now: number): Wait | null {
  // One whose intent is open may wait longer than all others, and is this owner's to repeat.
  if (waits.some((one) => one.for === null)) return null;
  const next = waits.reduce<Rest | null>((first, one) => (first === null || one.until < first.until ? one : first), null);
  if (next?.for == null || next.until - now <= WAIT_HELD_MS) return null;
  const together = waits.filter((one) => one.for === next.for && next.for !== 'rate').map(({ until }) => until);
  return { for: next.for, ms: Math.max(next.until, ...together) - now };
}
