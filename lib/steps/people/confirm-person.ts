import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { PersonRow } from '#lib/shapes/people.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { readPerson } from '#lib/store/people/people.sql.ts';
import { setConfirmed } from '#lib/store/people/people.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { personRow } from './list-people.ts';
import { lockPeopleAs } from './lock-people.ts';

const input = z.strictObject({ personId: z.uuid() });

export type ConfirmPersonInput = z.input<typeof input>;

/**
 * Vouches that a person is somebody of their own: whoever let them in may then sign a chunk together with them. Another admin does it, and a person, for a key
 * vouches for nobody. Confirming a confirmed person changes nothing.
 *
 * @throws CountersignError `forbidden`, `invalid`, `not_found`, `conflict` (oneself, or whom one let in)
 */
export async function confirmPerson(actor: Actor, raw: ConfirmPersonInput): Promise<PersonRow> {
  authorise(actor, 'people');
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', 'Give the id of a person.');
  return inWrite(db().pool, 'confirm', async (tx) => {
    await lockPeopleAs(tx, actor);
    const person = await readPerson(tx, parsed.data.personId);
    if (person === null) throw new CountersignError('not_found', 'This person no longer has an account. Reload the list.');
    if (!actor.id.startsWith('user:'))
      throw new CountersignError(
        'forbidden',
        'An API key can’t confirm a person. Sign in as an admin and confirm the person there.',
      );
    if (actor.id === `user:${person.id}`)
      throw new CountersignError('conflict', 'You can’t confirm yourself. Ask another admin.');
    if (actor.id === person.invitedBy)
      throw new CountersignError('conflict', `You invited ${person.name}. Another admin has to confirm this person.`);
    if (person.confirmedBy !== null) return personRow(tx, person, actor);
    await recordSecurity(tx, { kind: 'person_confirmed', by: actor.id, about: `user:${person.id}` });
    return personRow(tx, await setConfirmed(tx, person.id, actor.id), actor);
  });
}
