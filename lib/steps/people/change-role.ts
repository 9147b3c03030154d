import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { ROLES, type Role } from '#lib/core/people/roles.ts';
import { readPerson } from '#lib/store/people/people.sql.ts';
import { countAdmins, setRole, withdrawLinksBy } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { lockPeopleAs } from './lock-people.ts';

const input = z.strictObject({ personId: z.uuid(), role: z.enum(ROLES) });

export type ChangeRoleInput = z.input<typeof input>;

/**
 * Gives a person another role, from their next request on. The last admin keeps theirs: two admins who demote each other at once leave one.
 * With a role that can't invite, the open invitations that the person issued are withdrawn.
 *
 * @throws CountersignError `forbidden`, `invalid`, `not_found`, `conflict` (the last admin)
 */
export async function changeRole(actor: Actor, raw: ChangeRoleInput): Promise<{ role: Role }> {
  authorise(actor, 'people');
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', `Give a person and a role: ${ROLES.join(', ')}.`);
  const { personId, role } = parsed.data;
  return inTransaction(db().pool, async (tx) => {
    await lockPeopleAs(tx, actor);
    const person = await readPerson(tx, personId);
    if (person === null) throw new CountersignError('not_found', 'This person no longer has an account. Reload the list.');
    const counts = person.role === 'admin' && person.disabledAt === null;
    if (counts && role !== 'admin' && (await countAdmins(tx)) === 1) {
      throw new CountersignError('conflict', 'This is the last admin. Make somebody else an admin first.');
    }
    await setRole(tx, personId, role);
    const facts = { from: person.role, to: role, via: actor.via };
    await recordSecurity(tx, { kind: 'role_changed', by: actor.id, about: `user:${personId}`, facts });
    if (!may({ role }, 'people')) await withdrawLinksBy(tx, personId);
    return { role };
  });
}
