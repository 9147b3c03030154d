import { z } from 'zod';
import { type Actor, ROLES, type Role } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { countAdmins, lockPeople, readPerson, setRole } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';

const input = z.strictObject({ personId: z.uuid(), role: z.enum(ROLES) });

export type ChangeRoleInput = z.input<typeof input>;

/**
 * Gives a person another role, from their next request on. The last admin keeps theirs: two admins who demote each other at once leave one.
 *
 * @throws CountersignError `forbidden`, `invalid`, `not_found`, `conflict` (the last admin)
 */
export async function changeRole(actor: Actor, raw: ChangeRoleInput): Promise<{ role: Role }> {
  authorise(actor, 'people');
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', `Give a person and a role: ${ROLES.join(', ')}.`);
  const { personId, role } = parsed.data;
  return inTransaction(db().pool, async (tx) => {
    await lockPeople(tx);
    const person = await readPerson(tx, personId);
    if (person === null) throw new CountersignError('not_found', 'This person is not here any more. Reload to see who is.');
    if (person.role === 'admin' && role !== 'admin' && (await countAdmins(tx)) === 1) {
      throw new CountersignError('conflict', 'This is the last admin. Make somebody else an admin first.');
    }
    await setRole(tx, personId, role);
    return { role };
  });
}
