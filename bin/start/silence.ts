/** Whether a child's event loop still turns: it is asked each second, and answers by bin/start/parent.ts. */
import type { ChildProcess } from 'node:child_process';

const ASK_MS = 1_000;
const SILENT_MS = 10_000;
/** Loading and preparing may hold a loop for longer, on a busy machine. */
const SILENT_WHILE_STARTING_MS = 60_000;

/**
 * Calls `silent` once, with the seconds, when the child has said nothing for too long. What it has to say begins with its first word, so one
 * that is stopped at its first line by a debugger is left alone, as is one that a debugger is attached to. Returns what ends the watch.
 */
export function watchSilence(child: ChildProcess, silent: (seconds: number) => void): () => void {
  const patience = patienceWithSilence(performance.now());
  child.on('message', patience.heard);
  const timer = setInterval(() => {
    // One that can't be asked is ending; how it ended is told by its exit.
    child.send('alive?', () => {});
    const tooLongMs = patience.look(performance.now());
    if (tooLongMs === null) return;
    clearInterval(timer);
    silent(tooLongMs / 1000);
  }, ASK_MS);
  return () => clearInterval(timer);
}

/**
 * The counting of it: `look` gives the ms that were borne once the silence is longer, null before. Only time in which we looked at the usual pace counts: while
 * the machine slept, or gave us no turn, nobody could answer.
 * @internal for its tests
 */
export function patienceWithSilence(begun: number): { heard(word: unknown): void; look(now: number): number | null } {
  let quietMs: number | null = null;
  let most = SILENT_WHILE_STARTING_MS;
  let lookedAt = begun;
  return {
    heard(word) {
      if (word === 'ready') most = SILENT_MS;
      quietMs = word === 'debugged' ? null : 0;
    },
    look(now) {
      const passed = now - lookedAt;
      lookedAt = now;
      if (quietMs === null) return null;
      quietMs = passed > 2 * ASK_MS ? 0 : quietMs + passed;
      return quietMs >= most ? most : null;
    },
  };
}
