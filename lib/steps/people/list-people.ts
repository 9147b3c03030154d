import { type Actor, isRole, type Role } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { type Person, readInvitations, readPeople } from '#lib/store/people/people.ts';

/** `disabledAt` is null for whoever may sign in. */
export type PersonRow = {
  id: string;
  name: string;
  email: string;
  role: Role;
  createdAt: string;
  disabledAt: string | null;
  self: boolean;
};
export type InvitationRow = { email: string; role: Role; createdAt: string; expiresAt: string };

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
