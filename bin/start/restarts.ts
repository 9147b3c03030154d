/** When a program of ours that ended is started again. Pure. */

/** How a child ended: whether it had said that it was ready, how long it lived, and its exit code or the signal; neither where none could be made. */
export type End = { ready: boolean; livedMs: number; code: number | null; signal: NodeJS.Signals | null };

const RESTART_MS = 500;
/** No longer: if all of them break at once, somebody has to see within seconds that it works again. */
const RESTART_MS_MAX = 5_000;
const STEADY_MS = 30_000;

/** Signals that a program brings upon itself. */
const OWN_SIGNALS = ['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP'];

/**
 * Gives, for each end of a program, the ms to wait before its next start. One that was ready and was killed or asked to end from outside is started
 * again at once, however often: that says nothing about the program. One that breaks by itself waits twice as long each time, until it has lived
 * for a while.
 */
export function paceOfRestarts(): (end: End) => number {
  let wait = 0;
  return ({ ready, livedMs, code, signal }) => {
    const fromOutside = signal !== null && !OWN_SIGNALS.includes(signal);
    if (ready && (fromOutside || code === 0)) return 0;
    // Nor does a kill while it starts, but what kills it then may do so again at once.
    if (fromOutside) return RESTART_MS;
    wait = livedMs > STEADY_MS ? RESTART_MS : Math.min(Math.max(wait * 2, RESTART_MS), RESTART_MS_MAX);
    return wait;
  };
}
