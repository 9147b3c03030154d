/** The browsers that somebody else is signed in with, for an admin. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { SessionView } from '#lib/shapes/people.ts';
import { sessionViews } from '#lib/steps/sessions/own-sessions.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { readPerson } from '#lib/store/people/people.sql.ts';
import { endSessions, readSessions } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { lockPeopleAs } from './lock-people.ts';

const input = z.strictObject({ personId: z.uuid() });

/** A person’s sessions that have not ended, the newest first. Throws `forbidden`, `invalid`, `not_found`. */
export async function listSessionsOf(actor: Actor, raw: z.input<typeof input>): Promise<SessionView[]> {
  authorise(actor, 'people');
  const personId = idOf(raw);
  return inTransaction(db().pool, async (tx) => {
    somebody(await readPerson(tx, personId));
    return sessionViews(await readSessions(tx, personId), actor.session);
  });
}

/**
 * Ends all sessions of a person: they sign in anew, and what they follow ends within a second. Their API keys go on.
 * @throws CountersignError `forbidden`, `invalid`, `not_found`
 */
export async function signOutPerson(actor: Actor, raw: z.input<typeof input>): Promise<{ ended: number }> {
  authorise(actor, 'people');
  const personId = idOf(raw);
  return inWrite(db().pool, 'sign-out', async (tx) => {
    await lockPeopleAs(tx, actor);
    somebody(await readPerson(tx, personId));
    const ended = await endSessions(tx, personId, actor.session);
    const facts = { sessions: ended, via: actor.via };
    if (ended > 0) await recordSecurity(tx, { kind: 'sessions_ended', by: actor.id, about: `user:${personId}`, facts });
    return { ended };
  });
}

function idOf(raw: unknown): string {
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', 'Give the id of a person.');
  return parsed.data.personId;
}

function somebody(person: unknown): void {
  if (person === null) throw new CountersignError('not_found', 'This person no longer has an account. Reload the list.');
}
