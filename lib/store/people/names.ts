/** What people are called. */
import { KEY_NAMES } from '#lib/core/people/key-actor.ts';
import { NOBODY } from '#lib/core/people/nobody.ts';
import { SYSTEM } from '#lib/core/people/system.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

const PERSON = 'user:';

/** The names of the people (`user:<uuid>`) among these, that of the API key, and Countersign's own; others are left out. */
export async function readNames({ prisma }: WithModels, ids: Iterable<string>): Promise<Map<string, string>> {
  const names = new Map<string, string>([...KEY_NAMES, [SYSTEM.id, SYSTEM.name], [NOBODY.id, NOBODY.name]]);
  const people = [...new Set(ids)].filter((id) => id.startsWith(PERSON)).map((id) => id.slice(PERSON.length));
  if (people.length === 0) return names;
  const rows = await prisma.user.findMany({ where: { id: { in: people } }, select: { id: true, name: true } });
  for (const { id, name } of rows) names.set(`${PERSON}${id}`, name);
  return names;
}
