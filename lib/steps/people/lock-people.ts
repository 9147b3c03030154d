import type { Actor } from '#lib/auth/actor.ts';
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
  if (!actor.id.startsWith('user:')) return;
  const person = await readPerson(tx, actor.id.slice('user:'.length));
  if (person === null || person.disabledAt !== null || !isRole(person.role))
    throw new CountersignError('unauthenticated', 'Your account was disabled a moment ago. Nothing was done.');
  authorise({ ...actor, role: person.role }, 'people');
}
