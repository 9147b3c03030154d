/** What people are called. */
import type { WithModels } from '#lib/store/postgres/db.ts';

const PERSON = 'user:';

/** The names of the people (`user:<uuid>`) among these; others are left out. */
export async function readNames({ prisma }: WithModels, ids: Iterable<string>): Promise<Map<string, string>> {
  const people = [...new Set(ids)].filter((id) => id.startsWith(PERSON)).map((id) => id.slice(PERSON.length));
  if (people.length === 0) return new Map();
  const rows = await prisma.user.findMany({ where: { id: { in: people } }, select: { id: true, name: true } });
  return new Map(rows.map(({ id, name }) => [`${PERSON}${id}`, name]));
}
