/**
 * How large a run of the tests is. `npm test` sees every promise once, at the smallest size that can break it; `npm run proof` sets `TEST_SIZE=full` and sees
 * it at size, under other seeds, in another order and at the real tempo (docs/tests.md).
 */
export const FULL = process.env.TEST_SIZE === 'full';

/** The size that this run has. */
export function atSize<T>(small: T, full: T): T {
  return FULL ? full : small;
}
