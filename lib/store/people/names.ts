/** What people are called. */
import { AGENTS, KEY_NAMES, KEYS, keyIdOf, keyName } from '#lib/core/people/key-actor.ts';
import { NOBODY } from '#lib/core/people/nobody.ts';
import { SYSTEM } from '#lib/core/people/system.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

const PERSON = 'user:';
const KEY_NAMED = { id: true, name: true, owner: { select: { name: true } } } as const;

/** The names of the people (`user:<uuid>`) and of the API keys among these, and Countersign's own; others are left out. */
export async function readNames({ prisma }: WithModels, ids: Iterable<string>): Promise<Map<string, string>> {
  const names = new Map<string, string>([...KEY_NAMES, [SYSTEM.id, SYSTEM.name], [NOBODY.id, NOBODY.name]]);
  const all = [...new Set(ids)];
  const people = all.filter((id) => id.startsWith(PERSON)).map((id) => id.slice(PERSON.length));
  const keys = all.map(keyIdOf).filter((id) => id !== null);
  if (people.length > 0) {
    const rows = await prisma.user.findMany({ where: { id: { in: people } }, select: { id: true, name: true } });
    for (const { id, name } of rows) names.set(`${PERSON}${id}`, name);
  }
  if (keys.length > 0) {
    const rows = await prisma.apiKey.findMany({ where: { id: { in: keys } }, select: KEY_NAMED });
    for (const { id, ...key } of rows) for (const kind of [KEYS, AGENTS]) names.set(`${kind}${id}`, keyName(key));
  }
  return names;
}
