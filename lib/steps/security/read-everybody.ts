import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { readPeople } from '#lib/store/people/people.ts';

/** The people by name, disabled ones included: whose events can be asked for. Throws `forbidden`. */
export async function readEverybody(actor: Actor): Promise<{ id: string; name: string }[]> {
  authorise(actor, 'security');
  const people = (await readPeople()).map(({ id, name }) => ({ id, name }));
  return people.sort((one, other) => one.name.localeCompare(other.name, 'en'));
}
