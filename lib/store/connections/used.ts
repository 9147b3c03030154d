/** A connection as it is read for a request. The security log has the first use of each version of a secret, before it goes out. */
import { SYSTEM } from '#lib/core/people/system.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { type LiveConnection, readLiveConnection } from './connections.ts';

/** What this process has told; another one tells it too, and the log keeps one. */
const told = new Set<string>();

/** Null where it was deleted. Throws when the use can't be told: then nothing goes out. */
export async function usedConnection(id: string): Promise<LiveConnection | null> {
  const live = await readLiveConnection(db(), id);
  if (!live?.secretVersion) return live;
  const once = `secret_used ${live.secretId} ${live.secretVersion}`;
  if (told.has(once)) return live;
  const facts = { name: live.name, version: live.secretVersion };
  await recordSecurity(db(), { kind: 'secret_used', by: SYSTEM.id, about: `connection:${id}`, facts, once });
  told.add(once);
  return live;
}
