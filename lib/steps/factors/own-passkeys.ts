/** One’s own passkeys. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { askForNew, checkNewPasskey } from '#lib/auth/passkeys.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { PASSKEY_NAME_CHARS_MAX, PASSKEYS_MAX } from '#lib/core/limits.ts';
import { givenName } from '#lib/core/values/given-name.ts';
import type { FactorsView } from '#lib/shapes/people.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { signedIn } from '#lib/steps/sessions/own-sessions.ts';
import { deletePasskey, insertPasskey, readFactors, readPasskeys } from '#lib/store/people/factors.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { assertProvenForOwn } from './step-up.ts';

/** What one proves with who one is, beside the password. Throws `forbidden` for whoever is not signed in. */
export async function listFactors(actor: Actor): Promise<FactorsView> {
  authorise(actor, 'account');
  const { userId } = signedIn(actor);
  const [{ app }, passkeys] = await Promise.all([readFactors(db(), userId), readPasskeys(db(), userId)]);
  return {
    app,
    passkeys: passkeys.map(({ id, name, rpId, createdAt, lastUsedAt }) => ({
      ...{ id, name, host: rpId },
      since: createdAt.toISOString(),
      lastUsed: lastUsedAt?.toISOString() ?? null,
    })),
  };
}

/**
 * What a browser is given to make a passkey.
 * @throws CountersignError `forbidden` (a key), `unproven`, `conflict` (too many, or this server has no name)
 */
export async function beginOwnPasskey(actor: Actor, raw: unknown, headers: Headers) {
  authorise(actor, 'account');
  readInput(z.strictObject({}), raw);
  const { userId } = signedIn(actor);
  await assertProvenForOwn(db(), actor);
  const has = await readPasskeys(db(), userId);
  if (has.length >= PASSKEYS_MAX)
    throw new CountersignError('conflict', `You have ${PASSKEYS_MAX} passkeys already. Remove one that you don’t use.`);
  const person = await db().prisma.user.findUniqueOrThrow({ where: { id: userId }, select: { email: true, name: true } });
  return askForNew({ id: userId, ...person }, has, headers);
}

const made = z.strictObject({
  name: givenName('The name of a passkey', {
    max: PASSKEY_NAME_CHARS_MAX,
    missing: 'Give the passkey a name that you know it by, such as its device.',
    long: `Use at most ${PASSKEY_NAME_CHARS_MAX} characters.`,
  }),
  passkey: z.unknown(),
});

/** Keeps a passkey that the browser made. Throws `forbidden` (a key), `unproven`, `invalid`, `conflict`. */
export async function addOwnPasskey(actor: Actor, raw: z.input<typeof made>, headers: Headers): Promise<void> {
  authorise(actor, 'account');
  const { name, passkey } = readInput(made, raw);
  const { userId } = signedIn(actor);
  const checked = await checkNewPasskey(passkey, userId, headers);
  await inTransaction(db().pool, async (tx) => {
    await assertProvenForOwn(tx, actor);
    if ((await readFactors(tx, userId)).passkeys >= PASSKEYS_MAX || !(await insertPasskey(tx, { ...checked, name })))
      throw new CountersignError('conflict', 'This passkey is known already, or you have too many. Nothing was added.');
    await recordSecurity(tx, { kind: 'factor_set', by: actor.id, facts: { factor: 'passkey', name, host: checked.rpId } });
  });
}

const which = z.strictObject({ passkeyId: z.uuid() });

/** Removes one of one’s own passkeys, with the factor. Throws `forbidden` (a key), `unproven`, `not_found`. */
export async function removeOwnPasskey(actor: Actor, raw: z.input<typeof which>): Promise<void> {
  authorise(actor, 'account');
  const { passkeyId } = readInput(which, raw);
  const { userId } = signedIn(actor);
  await inTransaction(db().pool, async (tx) => {
    await assertProvenForOwn(tx, actor);
    const name = await deletePasskey(tx, userId, passkeyId);
    if (name === null)
      throw new CountersignError('not_found', 'This passkey is gone already, or was never yours. Reload the list.');
    await recordSecurity(tx, { kind: 'factor_removed', by: actor.id, facts: { factor: 'passkey', name } });
  });
}
