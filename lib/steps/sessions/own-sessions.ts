/** The browsers that somebody is signed in with. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { browserName } from '#lib/auth/browser-name.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { SessionView } from '#lib/shapes/people.ts';
import { endSession as end, endSessions, readSessions } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

/** One's own sessions that have not ended, the newest first; the one that asks is marked. Throws `forbidden` for whoever is not signed in. */
export async function listSessions(actor: Actor): Promise<SessionView[]> {
  authorise(actor, 'account');
  const { userId, session } = signedIn(actor);
  return sessionViews(await readSessions(db(), userId), session);
}

/** As they are shown; `own` is the session that asks. */
export function sessionViews(rows: Awaited<ReturnType<typeof readSessions>>, own: string | undefined): SessionView[] {
  return rows.map(({ id, ipAddress, userAgent, createdAt, lastSeenAt }) => ({
    ...{ id, browser: browserName(userAgent), address: ipAddress || null, own: id === own },
    since: createdAt.toISOString(),
    lastSeen: (lastSeenAt ?? createdAt).toISOString(),
  }));
}

const input = z.strictObject({ sessionId: z.uuid() });

/**
 * Ends one of one's own sessions, another one than the one that asks: that is what signing out is for. What it follows ends within a second.
 * @throws CountersignError `forbidden`, `invalid`, `not_found`, `conflict`
 */
export async function endSession(actor: Actor, raw: z.input<typeof input>): Promise<void> {
  authorise(actor, 'account');
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', 'Give the id of a session.');
  const { sessionId } = parsed.data;
  const { userId, session } = signedIn(actor);
  if (sessionId === session) throw new CountersignError('conflict', 'This is the session that you use. Sign out to end it.');
  await inTransaction(db().pool, async (tx) => {
    if (!(await end(tx, userId, sessionId)))
      throw new CountersignError('not_found', 'This session has ended already, or was never yours. Reload the list.');
    await recordSecurity(tx, { kind: 'session_ended', by: actor.id, facts: { sessions: 1 } });
  });
}

/** Ends all of one's own sessions but the one that asks. Gives how many. Throws `forbidden`. */
export async function endOtherSessions(actor: Actor, raw: unknown): Promise<{ ended: number }> {
  authorise(actor, 'account');
  if (!z.strictObject({}).safeParse(raw).success) throw new CountersignError('invalid', 'Give an empty object.');
  const { userId, session } = signedIn(actor);
  return inTransaction(db().pool, async (tx) => {
    const ended = await endSessions(tx, userId, session);
    if (ended > 0) await recordSecurity(tx, { kind: 'session_ended', by: actor.id, facts: { sessions: ended } });
    return { ended };
  });
}

/** The person and the session of whoever asks from a browser. Throws `forbidden` for a key: it has no sessions, and may not end those of its owner. */
export function signedIn({ id, session }: Actor): { userId: string; session: string } {
  if (session !== undefined && id.startsWith('user:')) return { userId: id.slice('user:'.length), session };
  throw new CountersignError('forbidden', 'Only somebody who is signed in with a browser does this, not an API key.');
}
