import { type Actor, personOf } from '#lib/auth/actor.ts';
import { authorise, covers } from '#lib/auth/authorise.ts';
import { AGENT_SCOPES, isKeyRole, type KeyRole } from '#lib/core/people/roles.ts';
import type { ApiKeyView } from '#lib/shapes/keys.ts';
import { instantCursor, instantOf, limitOf, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { type KeyRow, readKeyPage } from '#lib/store/keys/keys.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import { db } from '#lib/store/postgres/db.ts';

/**
 * The actor's own keys, the newest first, also those that have ended; with `everybody`, which is an admin's to ask, those of all people. The key of the environment
 * has none of its own, so it is given everybody's. Throws `forbidden`, `invalid`.
 */
export async function listKeys(
  actor: Actor,
  { everybody = false, ...page }: PageInput & { everybody?: boolean | undefined } = {},
): Promise<Page<ApiKeyView>> {
  authorise(actor, 'keys');
  const own = personOf(actor);
  const all = everybody || own === null;
  if (all) authorise(actor, 'people');
  const limit = limitOf(page);
  const rows = await readKeyPage(db(), { ownerId: all ? null : own, before: instantCursor(page), limit: limit + 1 });
  const { shown, next } = pageOf(rows, limit, instantOf);
  const now = await databaseTime(db());
  return { items: shown.map((row) => keyView(row, now)), next };
}

/** A key as people are told of it. */
export function keyView({ owner, createdAt, expiresAt, lastUsedAt, revokedAt, ...key }: KeyRow, now: Date): ApiKeyView {
  const role = known(key.role);
  const ended = revokedAt !== null ? 'revoked' : expiresAt <= now ? 'expired' : null;
  const { id, name, hint, scopes, batches } = key;
  return {
    ...{
      id,
      name,
      hint,
      role,
      scopes: AGENT_SCOPES.filter((one) => scopes.includes(one)),
      batches,
      owner: { id: owner.id, name: owner.name },
    },
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    state: ended ?? (covers(known(owner.role), role) ? 'valid' : 'beyond'),
  };
}

function known(role: string): KeyRole {
  if (isKeyRole(role)) return role;
  throw new Error(`"${role}" is no role; the table's check constraint should have refused it.`);
}
