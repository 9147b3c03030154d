import { z } from 'zod';
import { type Actor, personOf } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { PersonRow } from '#lib/shapes/people.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { resetFactors as removeFactors } from '#lib/store/people/factors.ts';
import { readPerson } from '#lib/store/people/people.sql.ts';
import { endSessions } from '#lib/store/people/people.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { personRow } from './list-people.ts';
import { lockPeopleAs } from './lock-people.ts';

const input = z.strictObject({ personId: z.uuid() });

/**
 * Removes a person’s authenticator app and passkeys, for somebody who lost them, and ends their sessions: they sign in with their password and set them up anew. Where there
 * are none, nothing changes.
 *
 * @throws CountersignError `forbidden`, `invalid`, `not_found`, `conflict` (oneself)
 */
export async function resetFactors(actor: Actor, raw: z.input<typeof input>): Promise<PersonRow> {
  authorise(actor, 'people');
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', 'Give the id of a person.');
  return inWrite(db().pool, 'reset-factors', async (tx) => {
    await lockPeopleAs(tx, actor);
    const person = await readPerson(tx, parsed.data.personId);
    if (person === null) throw new CountersignError('not_found', 'This person no longer has an account. Reload the list.');
    if (personOf(actor) === person.id)
      throw new CountersignError('conflict', 'Remove your own second factor on the page of your account, or ask another admin.');
    const removed = await removeFactors(tx, person.id);
    if (removed.app || removed.passkeys > 0) {
      const sessions = await endSessions(tx, person.id);
      const facts = { ...removed, sessions, via: actor.via };
      await recordSecurity(tx, { kind: 'factor_reset', by: actor.id, about: `user:${person.id}`, facts });
    }
    return personRow(tx, person, actor);
  });
}
