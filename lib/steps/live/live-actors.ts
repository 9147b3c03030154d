/** One question a second and process, however many follow however many streams: whether each of them may still. It is asked at once when somebody's standing changes. */
import type { Pool } from 'pg';
import { type Actor, personOf } from '#lib/auth/actor.ts';
import { covers, may, type Verb } from '#lib/auth/authorise.ts';
import { endIdle } from '#lib/auth/session-rules.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { LIVE_REAUTHORISE_MS } from '#lib/core/limits.ts';
import { keyIdOf } from '#lib/core/people/key-actor.ts';
import { isRole, type Role } from '#lib/core/people/roles.ts';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { hear, STANDING } from '#lib/store/live/notifications.sql.ts';
import { type Follower, readStandings } from '#lib/store/people/people.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

export type Followed = {
  /** Aborts when the actor may no longer, or nobody can say. */
  ended: AbortSignal;
  /** Why nobody can say: whoever can't be looked up is not shown more. */
  fault(): unknown;
  leave(): void;
};

/**
 * Follows something as this actor for longer than a request: until the person is disabled or gone, their session or their key ends, or their role no longer
 * allows the verb. The database is asked, so it doesn't matter which process did it. The key of the environment lives as long as the process.
 */
export function followAs(pool: Pool, actor: Actor, verb: Verb): Followed {
  const ended = new AbortController();
  const userId = personOf(actor);
  if (userId === null) return { ended: ended.signal, fault: () => null, leave() {} };
  const key = keyIdOf(actor.id);
  const follower: Following = {
    ...{ userId, session: actor.session ?? null, key, ended, fault: null },
    mayStill: (role) => (key === null ? may({ role }, verb) : covers(role, actor.role)),
  };
  const leave = () => void following.delete(follower);
  // One that has ended is not asked about again, even if nobody reads on from it.
  ended.signal.addEventListener('abort', leave);
  following.add(follower);
  asked = pool;
  if (!asking) void ask();
  return { ended: ended.signal, fault: () => follower.fault, leave };
}

/** As `followAs`, for whoever has no database at hand. */
export function follow(verb: Verb, actor: Actor): Followed {
  return followAs(db().pool, actor, verb);
}

/**
 * Waits for something only as long as the actor may have it: whoever is put out meanwhile is told so, and what comes of it is given to nobody.
 * @throws CountersignError `unauthenticated`
 */
export async function whileAllowed<T>(act: () => Promise<T>, actor: Actor): Promise<T> {
  const followed = follow('see_batches', actor);
  const { promise: out, reject } = Promise.withResolvers<never>();
  out.catch(() => {});
  followed.ended.addEventListener('abort', () => reject(followed.fault() ?? putOut()));
  try {
    return await Promise.race([act(), out]);
  } finally {
    followed.leave();
  }
}

/** What somebody sends, for as long as they may send it: whoever is put out is not listened to any more, also in the middle of a silence. */
export async function* sentBy<Part>(source: AsyncIterable<Part>, { ended, fault }: Followed): AsyncGenerator<Part> {
  const parts = source[Symbol.asyncIterator]();
  const { promise: out, reject } = Promise.withResolvers<never>();
  out.catch(() => {});
  const stop = () => reject(fault() ?? putOut());
  ended.addEventListener('abort', stop);
  if (ended.aborted) stop();
  try {
    for (;;) {
      const next = await Promise.race([parts.next(), out]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    ended.removeEventListener('abort', stop);
  }
}

function putOut(): CountersignError {
  return new CountersignError(
    'unauthenticated',
    'The session or the API key of this request has ended, or its role may no longer do this. Nothing of it was kept.',
  );
}

type Following = Follower & { mayStill: (role: Role) => boolean; ended: AbortController; fault: unknown };

const following = new Set<Following>();
let asking = false;
/** Where the last who came is looked up: the process's database. */
let asked: Pool;

async function ask(): Promise<void> {
  asking = true;
  const wait = alarm();
  let leave = () => {};
  let heard: string | null = null;
  let swept = performance.now();
  for (;;) {
    await wait.next(LIVE_REAUTHORISE_MS);
    if (following.size === 0) break;
    // Most requests are over within the second: for those nobody opens a connection.
    const url = env().DATABASE_URL ?? '';
    if (heard !== url) {
      leave();
      leave = hear(url, STANDING, wait.ring);
      heard = url;
    }
    const all = [...following];
    // A page that is open asks for nothing where nothing happens: its session ends all the same.
    const { SESSION_IDLE_MINUTES: minutes } = env();
    if (minutes !== undefined && performance.now() - swept >= IDLE_SWEEP_MS) {
      swept = performance.now();
      await endIdle(minutes).catch((err) => log.error({ err }, 'sessions that nobody uses could not be ended'));
    }
    try {
      const roles = await readStandings(asked, all);
      for (const [index, { mayStill, ended }] of all.entries()) {
        const role = roles[index];
        if (!isRole(role) || !mayStill(role)) ended.abort();
      }
    } catch (fault) {
      for (const follower of all) {
        follower.fault = fault;
        follower.ended.abort();
      }
    }
  }
  asking = false;
  leave();
}

const IDLE_SWEEP_MS = 60_000;

/** Waits for so long, or until it rings; a ring while nobody waits is heard by the next who does. */
function alarm() {
  let rung = false;
  let wake = () => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async next(ms: number): Promise<void> {
      if (!rung) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, ms);
        wake = resolve;
        await promise;
        clearTimeout(timer);
      }
      rung = false;
      wake = () => {};
    },
  };
}
