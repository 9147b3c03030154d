/** Reading again what a hint says has changed: once after every hint, never twice at a time, and never for more than a share of the time. */

/** Many tabs hear a hint at once, and need not ask at once. */
const SPREAD_MS = 250;
const REST_MS = 500;
const READING_SHARE = 0.25;

export type Coalesced = { ask(): void; end(): void };

/** `ask` has `act` begin after now, at least once. What `act` throws is its own affair. */
export function coalesced(act: () => Promise<unknown>, random: () => number = Math.random): Coalesced {
  let running = false;
  let again = false;
  let ended = false;
  const run = async (): Promise<void> => {
    running = true;
    await rest(random() * SPREAD_MS);
    do {
      again = false;
      if (ended) break;
      const began = performance.now();
      await act().catch(() => {});
      await rest(Math.max(REST_MS, (performance.now() - began) / READING_SHARE));
    } while (again);
    running = false;
  };
  return {
    ask() {
      again = true;
      if (!running) void run();
    },
    end() {
      ended = true;
    },
  };
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
