import { sqlStateOf } from '#lib/core/fleet/database-fault.ts';

const DEADLOCK = '40P01';
const CROSSED_TRIES = 3;

/**
 * Verbs over many rows may wait each for each: two large decisions that store the same new requests in another order, or one that opens the next gate and has its
 * chunks before that one. PostgreSQL rolls one of them back, and that one is made once more.
 *
 * @param act a whole transaction
 */
export async function unlessCrossed<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (tries === CROSSED_TRIES || sqlStateOf(error) !== DEADLOCK) throw error;
    }
  }
}
