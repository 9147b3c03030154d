import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { checkCode } from '#lib/auth/codes.ts';
import { inHashingTurn } from '#lib/auth/hashing.ts';
import { checkOwnPassword } from '#lib/auth/own-password.ts';
import { askForOne, assertion, checkPasskey } from '#lib/auth/passkeys.ts';
import { CountersignError } from '#lib/core/errors.ts';
import type { Factor } from '#lib/core/people/factors.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { signedIn } from '#lib/steps/sessions/own-sessions.ts';
import { readPasskeys, setProof } from '#lib/store/people/factors.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

const input = z.union([
  z.strictObject({ password: z.string().min(1).max(1_000) }),
  z.strictObject({ code: z.string().min(1).max(40) }),
  z.strictObject({ passkey: assertion }),
]);

export type Proving = z.input<typeof input>;

/**
 * Proves again who is signed in, with their password, a code or a passkey: this session counts as just proven for PROOF_MINUTES. A wrong one counts as one at a sign-in does.
 * @throws CountersignError `forbidden` (a key), `invalid`, `locked`, `unavailable`, `unauthenticated` (the session is over)
 */
export async function prove(actor: Actor, raw: Proving, headers: Headers): Promise<{ factor: Factor }> {
  authorise(actor, 'account');
  const given = readInput(input, raw);
  const { userId, session } = signedIn(actor);
  const { factor, facts } = await check(userId, given, headers);
  return inTransaction(db().pool, async (tx) => {
    if (!(await setProof(tx, userId, session, factor)))
      throw new CountersignError('unauthenticated', 'Your session has ended. Nothing was done. Sign in again.');
    await recordSecurity(tx, { kind: 'proof_given', by: actor.id, facts: { factor, ...facts } });
    return { factor };
  });
}

/** What a browser is given to prove it with a passkey. Throws `forbidden` (a key), `conflict` (this server has no name). */
export async function beginProof(actor: Actor, raw: unknown, headers: Headers) {
  authorise(actor, 'account');
  readInput(z.strictObject({}), raw);
  const { userId } = signedIn(actor);
  return askForOne({ purpose: 'proof', whose: userId }, await readPasskeys(db(), userId), headers);
}

async function check(
  userId: string,
  given: z.output<typeof input>,
  headers: Headers,
): Promise<{ factor: Factor; facts: Record<string, boolean> }> {
  if ('code' in given) {
    const { backup } = await checkCode(userId, given.code, headers, 'proof');
    return { factor: 'totp', facts: backup ? { backup } : {} };
  }
  if ('passkey' in given) {
    await checkPasskey(given.passkey, { purpose: 'proof', whose: userId }, headers);
    return { factor: 'passkey', facts: {} };
  }
  const { email } = await db().prisma.user.findUniqueOrThrow({ where: { id: userId }, select: { email: true } });
  const hash = await inHashingTurn(() => checkOwnPassword({ id: userId, email }, given.password, headers, 'proof'));
  if (hash !== null) return { factor: 'password', facts: {} };
  throw new CountersignError('invalid', 'This is not your password.', {
    problems: [{ path: 'password', message: 'This is not your password.' }],
  });
}
