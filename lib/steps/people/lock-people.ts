import { type Actor, personOf } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { isRole } from '#lib/core/people/roles.ts';
import { lockPeople, readPerson } from '#lib/store/people/people.sql.ts';
import type { Tx } from '#lib/store/postgres/db.ts';

/**
 * Locks the people until the transaction ends, for an admin's verb, and authorises once more: whoever was disabled or lost the role while they
 * waited must not put out, promote or invite anybody after it. Of two admins who put each other out at once, one does.
 *
 * @throws CountersignError `unauthenticated` (disabled or gone meanwhile), `forbidden`
 */
export async function lockPeopleAs(tx: Tx, actor: Actor): Promise<void> {
  await lockPeople(tx);
  const id = personOf(actor);
  if (id === null) return;
  const person = await readPerson(tx, id);
  if (person === null || person.disabledAt !== null || !isRole(person.role))
    throw new CountersignError('unauthenticated', 'Your account was disabled a moment ago. Nothing was done.');
  // A key may less than its owner, or as much.
  authorise({ ...actor, role: person.role }, 'people');
}
