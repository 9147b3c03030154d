import { z } from 'zod';
import { type Actor, personOf } from '#lib/auth/actor.ts';
import { authorise, may } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { ApiKeyView } from '#lib/shapes/keys.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { type KeyRow, readKey, revokeKey as revoke } from '#lib/store/keys/keys.ts';
import { databaseTime } from '#lib/store/postgres/database-time.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { keyView } from './list-keys.ts';

const input = z.strictObject({ keyId: z.uuid() });

/**
 * Ends a key for good: one's own, or, for an admin, anybody's. Whatever it follows, sends or takes ends within a second. Ending an ended key changes nothing.
 *
 * @throws CountersignError `forbidden`, `invalid`, `not_found` (none, or somebody else's)
 */
export async function revokeKey(actor: Actor, raw: z.input<typeof input>): Promise<ApiKeyView> {
  authorise(actor, 'keys');
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', 'Give the id of a key.');
  const { keyId } = parsed.data;
  return inWrite(db().pool, 'revoke-key', async (tx) => {
    const key = await readKey(tx, keyId);
    // Whose key an id is, is not told to whoever may not end it.
    if (key === null || !mayRevoke(actor, key)) throw new CountersignError('not_found', 'There is no such key of yours.');
    if (await revoke(tx, keyId)) {
      const facts = { name: key.name, owner: `user:${key.owner.id}`, via: actor.via };
      await recordSecurity(tx, { kind: 'key_revoked', by: actor.id, about: `key:${keyId}`, facts });
    }
    return keyView((await readKey(tx, keyId)) as KeyRow, await databaseTime(tx));
  });
}

/** Whether this key is the actor's to end: their own, or an admin's to end anybody's. A key ends itself, and no other of its owner. */
function mayRevoke(actor: Actor, { id, owner }: { id: string; owner: { id: string } }): boolean {
  if (may(actor, 'people')) return true;
  return actor.owner === undefined ? personOf(actor) === owner.id : actor.id === `key:${id}`;
}
