/** How many streams one person follows at once in this process, of whatever kind. */
import type { Actor } from '#lib/auth/actor.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { LIVE_STREAMS_PER_PERSON_MAX } from '#lib/core/limits.ts';

/** How many streams each person follows. */
const open = new Map<string, number>();

/**
 * Counted before anything is awaited, so that many that are opened at once don't pass together. Gives what frees the place, once.
 * @throws CountersignError `unavailable` to whoever follows LIVE_STREAMS_PER_PERSON_MAX already
 */
export function takePlace({ id }: Actor): () => void {
  const streams = open.get(id) ?? 0;
  if (streams >= LIVE_STREAMS_PER_PERSON_MAX) {
    const message = `You follow ${LIVE_STREAMS_PER_PERSON_MAX} live pages or streams already, the limit for one person. Close some and try again.`;
    throw new CountersignError('unavailable', message);
  }
  open.set(id, streams + 1);
  let taken = true;
  return () => {
    if (!taken) return;
    taken = false;
    const left = (open.get(id) ?? 1) - 1;
    if (left > 0) open.set(id, left);
    else open.delete(id);
  };
}
