/** When a notice that was not taken is sent again, and when it is given up. Pure. */

const MINUTE_MS = 60_000;
const WAITS_MS = [1, 5, 30, 2 * 60, 6 * 60].map((minutes) => minutes * MINUTE_MS);

/** How long to wait after so many attempts, in ms; null: it is given up. `lasting`: whoever refused it will refuse it again. */
export function retryAfterMs(attempts: number, lasting: boolean): number | null {
  return lasting ? null : (WAITS_MS[attempts - 1] ?? null);
}
