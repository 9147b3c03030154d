import { type Actor, isRole, type Role } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { readInvitations, readPeople } from '#lib/store/people/people.ts';

export type PersonRow = { id: string; name: string; email: string; role: Role; createdAt: string; self: boolean };
export type InvitationRow = { email: string; role: Role; createdAt: string; expiresAt: string };

/** Everybody who can sign in, and the links that are out. Throws `forbidden`. */
export async function listPeople(actor: Actor): Promise<{ people: PersonRow[]; invitations: InvitationRow[] }> {
  authorise(actor, 'people');
  const [people, invitations] = await Promise.all([readPeople(), readInvitations()]);
  return {
    people: people.map(({ id, name, email, role, createdAt }) => ({
      id,
      name,
      email,
      role: known(role),
      createdAt: createdAt.toISOString(),
      self: actor.id === `user:${id}`,
    })),
    invitations: invitations.map(({ email, role, createdAt, expiresAt }) => ({
      email,
      role: known(role),
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    })),
  };
}

function known(role: string): Role {
  if (isRole(role)) return role;
  throw new Error(`"${role}" is no role; the table's check constraint should have refused it.`);
}
