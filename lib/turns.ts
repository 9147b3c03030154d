import { setImmediate } from 'node:timers/promises';

const TURN_MS = 50;

/**
 * For a loop over thousands of pieces of work, each short by itself: awaited after each piece, it lets everybody else of this process have
 * their turn when the loop has had its own.
 */
export function turns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < TURN_MS) return;
    await setImmediate();
    since = performance.now();
  };
}
