/** One’s own authenticator app. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { checkNewApp, makeAppSecret, makeBackupCodes } from '#lib/auth/codes.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { signedIn } from '#lib/steps/sessions/own-sessions.ts';
import { beginApp, confirmApp, endApp, readApp, setBackupCodes, setProof } from '#lib/store/people/factors.ts';
import { endSessions } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { assertProvenForOwn } from './step-up.ts';

const nothing = z.strictObject({});
const code = z.strictObject({ code: z.string().min(1).max(40) });

/**
 * Makes the secret of an app; nothing asks for its codes until one of them was given. Gives it as the address that a QR code holds, and as people type it.
 * @throws CountersignError `forbidden` (a key), `unproven`, `conflict` (there is an app)
 */
export async function beginOwnApp(actor: Actor, raw: z.input<typeof nothing>): Promise<{ uri: string; typed: string }> {
  authorise(actor, 'account');
  readInput(nothing, raw);
  const { userId } = signedIn(actor);
  const { email } = await db().prisma.user.findUniqueOrThrow({ where: { id: userId }, select: { email: true } });
  const { sealed, uri, typed } = await makeAppSecret(email);
  await inTransaction(db().pool, async (tx) => {
    await assertProvenForOwn(tx, actor);
    if (!(await beginApp(tx, userId, { secret: sealed, backupCodes: '' })))
      throw new CountersignError('conflict', 'You have an authenticator app already. Remove it first.');
  });
  return { uri, typed };
}

/**
 * From now on signing in asks for a code of the app. The person’s other sessions end, which only the password began. Gives the codes for when the app is lost, once.
 * @throws CountersignError `forbidden` (a key), `unproven`, `invalid` (a wrong code), `locked`, `conflict`
 */
export async function confirmOwnApp(actor: Actor, raw: z.input<typeof code>, headers: Headers): Promise<{ codes: string[] }> {
  authorise(actor, 'account');
  const given = readInput(code, raw);
  const { userId, session } = signedIn(actor);
  await assertProvenForOwn(db(), actor);
  const app = await readApp(db(), userId);
  if (app === null || app.verified) throw new CountersignError('conflict', OTHERWISE);
  await checkNewApp(userId, app.secret, given.code, headers);
  const { codes, sealed } = await makeBackupCodes();
  await inTransaction(db().pool, async (tx) => {
    if (!(await confirmApp(tx, userId, app.secret, sealed))) throw new CountersignError('conflict', OTHERWISE);
    const ended = await endSessions(tx, userId, session);
    await setProof(tx, userId, session, 'totp');
    await recordSecurity(tx, { kind: 'factor_set', by: actor.id, facts: { factor: 'totp', sessions: ended } });
  });
  return { codes };
}

const OTHERWISE = 'This app is not the one that you began with last. Begin again.';

/** Other codes for when the app is lost; the old ones are gone. Gives them once. Throws `forbidden` (a key), `unproven`, `conflict`. */
export async function makeOwnBackupCodes(actor: Actor, raw: z.input<typeof nothing>): Promise<{ codes: string[] }> {
  authorise(actor, 'account');
  readInput(nothing, raw);
  const { userId } = signedIn(actor);
  const { codes, sealed } = await makeBackupCodes();
  await inTransaction(db().pool, async (tx) => {
    await assertProvenForOwn(tx, actor);
    if (!(await setBackupCodes(tx, userId, sealed))) throw new CountersignError('conflict', NONE);
    await recordSecurity(tx, { kind: 'backup_codes_made', by: actor.id });
  });
  return { codes };
}

/** Removes one’s own app, with the factor: nothing asks for its codes any more. Throws `forbidden` (a key), `unproven`, `conflict`. */
export async function removeOwnApp(actor: Actor, raw: z.input<typeof nothing>): Promise<void> {
  authorise(actor, 'account');
  readInput(nothing, raw);
  const { userId } = signedIn(actor);
  await inTransaction(db().pool, async (tx) => {
    await assertProvenForOwn(tx, actor);
    if (!(await endApp(tx, userId))) throw new CountersignError('conflict', NONE);
    await recordSecurity(tx, { kind: 'factor_removed', by: actor.id, facts: { factor: 'totp' } });
  });
}

const NONE = 'You have no authenticator app. Reload the page.';
