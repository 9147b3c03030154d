import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { actorName } from '#lib/core/people/actor-name.ts';
import { isRole, type Role } from '#lib/core/people/roles.ts';
import type { InvitationRow, PersonRow } from '#lib/shapes/people.ts';
import { readHolders } from '#lib/store/people/factors.ts';
import { readNames } from '#lib/store/people/names.ts';
import { type Person, readInvitations, readPeople } from '#lib/store/people/people.ts';
import { db, type WithModels } from '#lib/store/postgres/db.ts';

/** Everybody, disabled people included, and the links that are out. Throws `forbidden`. */
export async function listPeople(actor: Actor): Promise<{ people: PersonRow[]; invitations: InvitationRow[] }> {
  authorise(actor, 'people');
  const [people, invitations] = await Promise.all([readPeople(), readInvitations()]);
  return {
    people: await personRows(db(), people, actor),
    invitations: invitations.map(({ email, role, createdAt, expiresAt }) => ({
      email,
      role: known(role),
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    })),
  };
}

/** A person as `actor` sees them. */
export async function personRow(models: WithModels, person: Person, actor: Actor): Promise<PersonRow> {
  return (await personRows(models, [person], actor))[0] as PersonRow;
}

async function personRows(models: WithModels, people: readonly Person[], actor: Actor): Promise<PersonRow[]> {
  const named = people.flatMap(({ invitedBy, confirmedBy }) => [invitedBy ?? [], confirmedBy ?? []].flat());
  const names = await readNames(models, named);
  const holders = await readHolders(
    models,
    people.map(({ id }) => id),
  );
  const nameOf = (id: string | null): string | null => (id === null ? null : actorName(id, names));
  return people.map(({ id, name, email, role, createdAt, disabledAt, invitedBy, confirmedBy }) => ({
    ...{ id, name, email, role: known(role) },
    createdAt: createdAt.toISOString(),
    disabledAt: disabledAt?.toISOString() ?? null,
    invitedBy: nameOf(invitedBy),
    confirmedBy: nameOf(confirmedBy),
    secondFactor: holders.has(id),
    self: actor.id === `user:${id}`,
    confirmable:
      invitedBy !== null && confirmedBy === null && ![invitedBy, `user:${id}`].includes(actor.id) && actor.id.startsWith('user:'),
  }));
}

function known(role: string): Role {
  if (isRole(role)) return role;
  throw new Error(`"${role}" is no role; the table's check constraint should have refused it.`);
}
