/** What people are called. */
import { KEY_NAMES, keyName } from '#lib/core/people/key-actor.ts';
import { NOBODY } from '#lib/core/people/nobody.ts';
import { SYSTEM } from '#lib/core/people/system.ts';
import type { WithModels } from '#lib/store/postgres/db.ts';

const PERSON = 'user:';
const KEY = 'key:';
const KEY_NAMED = { id: true, name: true, owner: { select: { name: true } } } as const;

// Receipts of early days name keys that had no row.
const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** The names of the people (`user:<uuid>`) and of the API keys among these, and Countersign's own; others are left out. */
export async function readNames({ prisma }: WithModels, ids: Iterable<string>): Promise<Map<string, string>> {
  const names = new Map<string, string>([...KEY_NAMES, [SYSTEM.id, SYSTEM.name], [NOBODY.id, NOBODY.name]]);
  const all = [...new Set(ids)];
  const named = (kind: string) => all.filter((id) => id.startsWith(kind) && !names.has(id)).map((id) => id.slice(kind.length));
  const [people, keys] = [named(PERSON), named(KEY)];
  if (people.length > 0) {
    const rows = await prisma.user.findMany({ where: { id: { in: people } }, select: { id: true, name: true } });
    for (const { id, name } of rows) names.set(`${PERSON}${id}`, name);
  }
  if (keys.length > 0) {
    const rows = await prisma.apiKey.findMany({ where: { id: { in: keys.filter(isUuid) } }, select: KEY_NAMED });
    for (const { id, ...key } of rows) names.set(`${KEY}${id}`, keyName(key));
  }
  return names;
}
