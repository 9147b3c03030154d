import { z } from 'zod';
import { type Actor, personOf } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { PersonRow } from '#lib/shapes/people.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { revokeKeysOf } from '#lib/store/keys/keys.ts';
import { readPerson } from '#lib/store/people/people.sql.ts';
import { countAdmins, endSessions, setDisabled, withdrawLinksBy, withdrawLinksFor } from '#lib/store/people/people.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { personRow } from './list-people.ts';
import { lockPeopleAs } from './lock-people.ts';

const input = z.strictObject({ personId: z.uuid() });

export type DisablePersonInput = z.input<typeof input>;

/**
 * Puts a person out until somebody enables them. Their sessions, their API keys, the open invitations that they issued and those for their address end in the
 * same transaction; their streams, uploads and downloads end within a second, in every process. What they started or approved runs on, and
 * their name stays on it. A request of theirs that was under way when this commits may finish, be it a decision or a
 * signature: a step is told once who acts. Only verbs over people look again (lock-people.ts). Disabling a disabled person changes nothing.
 *
 * @throws CountersignError `forbidden`, `invalid`, `not_found`, `conflict` (oneself, or the last admin)
 */
export async function disablePerson(actor: Actor, raw: DisablePersonInput): Promise<PersonRow> {
  authorise(actor, 'people');
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', 'Give the id of a person.');
  return inWrite(db().pool, 'disable', async (tx) => {
    await lockPeopleAs(tx, actor);
    const person = await readPerson(tx, parsed.data.personId);
    if (person === null) throw new CountersignError('not_found', 'This person no longer has an account. Reload the list.');
    // It would be a slip: the page that could take it back is gone with the session.
    if (personOf(actor) === person.id)
      throw new CountersignError('conflict', "You can't disable yourself. Ask another admin to do it.");
    if (person.role === 'admin' && person.disabledAt === null && (await countAdmins(tx)) === 1)
      throw new CountersignError('conflict', 'This is the last admin. Make somebody else an admin first.');
    const disabled = await setDisabled(tx, person.id, true);
    await endSessions(tx, person.id);
    await revokeKeysOf(tx, person.id);
    await withdrawLinksBy(tx, person.id);
    await withdrawLinksFor(tx, person.email);
    if (person.disabledAt === null)
      await recordSecurity(tx, { kind: 'person_disabled', by: actor.id, about: `user:${person.id}`, facts: { via: actor.via } });
    return personRow(tx, disabled, actor);
  });
}
