import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { isRole, type Role } from '#lib/core/people/roles.ts';
import type { InvitationRow, PersonRow } from '#lib/shapes/people.ts';
import { type Person, readInvitations, readPeople } from '#lib/store/people/people.ts';

/** Everybody, disabled people included, and the links that are out. Throws `forbidden`. */
export async function listPeople(actor: Actor): Promise<{ people: PersonRow[]; invitations: InvitationRow[] }> {
  authorise(actor, 'people');
  const [people, invitations] = await Promise.all([readPeople(), readInvitations()]);
  return {
    people: people.map((person) => personRow(person, actor)),
    invitations: invitations.map(({ email, role, createdAt, expiresAt }) => ({
      email,
      role: known(role),
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    })),
  };
}

/** A person as `actor` sees them. */
export function personRow({ id, name, email, role, createdAt, disabledAt }: Person, actor: Actor): PersonRow {
  return {
    ...{ id, name, email, role: known(role) },
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
    self: actor.id === `user:${id}`,
  };
}

function known(role: string): Role {
  if (isRole(role)) return role;
  throw new Error(`"${role}" is no role; the table's check constraint should have refused it.`);
}
