/** One question a second and process, however many follow however many streams: whether each of them may still. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Actor } from '#lib/auth/actor.ts';
import { may, type Verb } from '#lib/auth/authorise.ts';
import { LIVE_REAUTHORISE_MS } from '#lib/core/limits.ts';
import { isRole } from '#lib/core/people/roles.ts';
import { type Follower, readStandings } from '#lib/store/people/people.sql.ts';

export type Followed = {
  /** Aborts when the actor may no longer, or nobody can say. */
  ended: AbortSignal;
  /** Why nobody can say: whoever can't be looked up is not shown more. */
  fault(): unknown;
  leave(): void;
};

/**
 * Follows something as this actor for longer than a request: until the person is disabled or gone, their session ends, or their role no longer
 * allows the verb. The database is asked, so it doesn't matter which process did it. A key of the environment lives as long as the process.
 */
export function followAs(pool: Pool, actor: Actor, verb: Verb): Followed {
  const ended = new AbortController();
  if (!actor.id.startsWith('user:')) return { ended: ended.signal, fault: () => null, leave() {} };
  const follower = { userId: actor.id.slice('user:'.length), session: actor.session ?? null, verb, ended, fault: null };
  const leave = () => void following.delete(follower);
  // One that has ended is not asked about again, even if nobody reads on from it.
  ended.signal.addEventListener('abort', leave);
  following.add(follower);
  if (!asking) void ask(pool);
  return { ended: ended.signal, fault: () => follower.fault, leave };
}

const following = new Set<Follower & { verb: Verb; ended: AbortController; fault: unknown }>();
let asking = false;

async function ask(pool: Pool): Promise<void> {
  asking = true;
  for (;;) {
    await sleep(LIVE_REAUTHORISE_MS);
    if (following.size === 0) break;
    const asked = [...following];
    try {
      const roles = await readStandings(pool, asked);
      for (const [index, { verb, ended }] of asked.entries()) {
        const role = roles[index];
        if (!isRole(role) || !may({ role }, verb)) ended.abort();
      }
    } catch (fault) {
      for (const follower of asked) {
        follower.fault = fault;
        follower.ended.abort();
      }
    }
  }
  asking = false;
}
