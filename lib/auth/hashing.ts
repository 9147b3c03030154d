/**
 * Passwords are hashed slowly on purpose, and anybody can ask for it: two at once, a queue, and the rest are told when to come again. Otherwise a
 * hundred guesses take every core from everybody else.
 */
import { CountersignError } from '#lib/core/errors.ts';
import { HASHES_AT_ONCE, HASHES_WAITING_MAX, RETRY_CROWDED_SECONDS } from '#lib/core/limits.ts';

type Turns = { taken: number; waiting: (() => void)[] };

// Next loads modules more than once, and the cores are the same.
const state = globalThis as typeof globalThis & { countersignHashing?: Turns };

/** Does what hashes a password when it is its turn. Throws `unavailable` with when to come again when too many wait already. */
export async function inHashingTurn<T>(act: () => Promise<T>): Promise<T> {
  state.countersignHashing ??= { taken: 0, waiting: [] };
  const turns = state.countersignHashing;
  if (turns.taken >= HASHES_AT_ONCE) {
    if (turns.waiting.length >= HASHES_WAITING_MAX) {
      throw new CountersignError(
        'unavailable',
        `Many people are signing in right now. Try again in ${RETRY_CROWDED_SECONDS} seconds.`,
        { facts: { retryAfterSeconds: RETRY_CROWDED_SECONDS } },
      );
    }
    // Whoever ends hands over the turn, so nobody comes between.
    await new Promise<void>((resolve) => turns.waiting.push(resolve));
  } else turns.taken += 1;
  try {
    return await act();
  } finally {
    const next = turns.waiting.shift();
    if (next) next();
    else turns.taken -= 1;
  }
}
