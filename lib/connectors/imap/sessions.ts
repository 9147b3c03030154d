/** The lines of this process to mail servers: few to each, kept for a while, one command at a time on each. */
import { SESSION_IDLE_MS, SESSIONS_MAX } from '#lib/core/limits.ts';
import type { LiveConnection } from '#lib/store/connections/connections.ts';
import { type Opening, openSession, type Session, type Unsent } from './session.ts';

type Kept = { session: Session; since: number };
type Group = { idle: Kept[]; out: number; waiting: (() => void)[] };

/** A line that is somebody's until it is given back. */
export type Held = { session: Session; giveBack(): void };

export type Sessions = { take(live: LiveConnection, signal: AbortSignal): Promise<Held | Unsent> };

/** @param now by a monotonic clock, in ms */
export function sessionsOver(opening: Opening, now: () => number = () => performance.now()): Sessions {
  const groups = new Map<string, Group>();

  const sweep = (): void => {
    for (const [key, group] of groups) {
      const old = group.idle.filter(({ session, since }) => !session.usable || now() - since > SESSION_IDLE_MS);
      for (const { session } of old) session.end();
      group.idle = group.idle.filter((one) => !old.includes(one));
      if (group.idle.length === 0 && group.out === 0 && group.waiting.length === 0) groups.delete(key);
    }
  };

  return {
    async take(live, signal) {
      sweep();
      // Another revision may lead elsewhere, or sign in with another secret.
      const key = `${live.id}.${live.revision}.${live.secretVersion}`;
      const group: Group = groups.get(key) ?? { idle: [], out: 0, waiting: [] };
      groups.set(key, group);
      if (!(await inLine(group, signal))) return { reason: 'not_sent' };
      const kept = group.idle.pop();
      const session =
        kept?.session ?? (await openSession(live, opening, signal).catch((): Unsent => ({ reason: 'not_connected' })));
      let back = false;
      const giveBack = (): void => {
        if (back) return;
        back = true;
        group.out -= 1;
        if ('client' in session && session.usable) {
          group.idle.push({ session, since: now() });
          setTimeout(sweep, SESSION_IDLE_MS + 100).unref();
        }
        group.waiting.shift()?.();
      };
      if ('client' in session) {
        session.hold();
        return {
          session,
          giveBack() {
            session.release();
            giveBack();
          },
        };
      }
      giveBack();
      return session;
    },
  };
}

/** Waits until fewer lines than may be are out; false where the signal came first. */
async function inLine(group: Group, signal: AbortSignal): Promise<boolean> {
  while (group.out >= SESSIONS_MAX) {
    const turn = Promise.withResolvers<void>();
    group.waiting.push(turn.resolve);
    const onAbort = (): void => turn.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    await turn.promise;
    signal.removeEventListener('abort', onAbort);
    if (!signal.aborted) continue;
    // Who was called meanwhile calls the next.
    const index = group.waiting.indexOf(turn.resolve);
    if (index >= 0) group.waiting.splice(index, 1);
    else group.waiting.shift()?.();
    return false;
  }
  group.out += 1;
  return true;
}
