import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { isRemoved } from '#lib/core/people/removed.ts';
import type { PersonRow } from '#lib/shapes/people.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { readPerson } from '#lib/store/people/people.sql.ts';
import { endSessions, setDisabled } from '#lib/store/people/people.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { personRow } from './list-people.ts';
import { lockPeopleAs } from './lock-people.ts';

const input = z.strictObject({ personId: z.uuid() });

export type EnablePersonInput = z.input<typeof input>;

/**
 * Lets a disabled person sign in again, with their old password and role. What ended with the disable stays ended, a session that was written
 * while it committed included.
 *
 * @throws CountersignError `forbidden`, `invalid`, `not_found`, `conflict` (removed)
 */
export async function enablePerson(actor: Actor, raw: EnablePersonInput): Promise<PersonRow> {
  authorise(actor, 'people');
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', 'Give the id of a person.');
  return inWrite(db().pool, 'enable', async (tx) => {
    await lockPeopleAs(tx, actor);
    const person = await readPerson(tx, parsed.data.personId);
    if (person === null) throw new CountersignError('not_found', 'This person no longer has an account. Reload the list.');
    if (isRemoved(person)) throw new CountersignError('conflict', 'This account was removed. Invite the person anew.');
    if (person.disabledAt === null) return personRow(tx, person, actor);
    await endSessions(tx, person.id);
    await recordSecurity(tx, { kind: 'person_enabled', by: actor.id, about: `user:${person.id}`, facts: { via: actor.via } });
    return personRow(tx, await setDisabled(tx, person.id, false), actor);
  });
}
