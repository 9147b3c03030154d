import { hashPassword } from 'better-auth/crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { inHashingTurn } from '#lib/auth/hashing.ts';
import { checkOwnPassword } from '#lib/auth/own-password.ts';
import { passwordProblem } from '#lib/auth/password.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { readPerson } from '#lib/store/people/people.sql.ts';
import { endSessions, setPasswordHash } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { signedIn } from './own-sessions.ts';

const input = z.strictObject({ old: z.string().max(1_000), password: z.string().max(1_000) });

/**
 * Sets another password, with the old one, and ends all other sessions. A wrong old one counts as a failed sign-in: whoever sits down at an open browser guesses
 * no better there. API keys go on: they are ended one by one.
 *
 * @throws CountersignError `forbidden` (a key), `invalid` (problems per field), `locked`, `unavailable`, `conflict` (changed meanwhile), `unauthenticated`
 */
export async function changePassword(actor: Actor, raw: z.input<typeof input>, headers: Headers): Promise<{ ended: number }> {
  authorise(actor, 'account');
  const { old, password } = readInput(input, raw);
  const { userId, session } = signedIn(actor);
  const { pool } = db();
  const about = await db().prisma.user.findUniqueOrThrow({ where: { id: userId }, select: { email: true, name: true } });
  const weak = old === password ? 'This is the old password.' : await passwordProblem(password, about);
  if (weak !== null) throw refusal('password', weak);
  const [from, to] = await inHashingTurn(async () => {
    const hash = await checkOwnPassword({ id: userId, email: about.email }, old, headers, 'password change');
    if (hash === null) throw refusal('old', 'This is not your password.');
    return [hash, await hashPassword(password)] as const;
  });
  return inTransaction(pool, async (tx) => {
    const person = await readPerson(tx, userId);
    if (person === null || person.disabledAt !== null)
      throw new CountersignError('unauthenticated', 'Your account was disabled a moment ago. Nothing was done.');
    if (!(await setPasswordHash(tx, userId, to, from)))
      throw new CountersignError('conflict', 'Your password was changed a moment ago. If that was not you, tell an admin.');
    const ended = await endSessions(tx, userId, session);
    await recordSecurity(tx, { kind: 'password_changed', by: actor.id, facts: { sessions: ended } });
    return { ended };
  });
}

function refusal(path: 'old' | 'password', message: string): CountersignError {
  return new CountersignError('invalid', message, { problems: [{ path, message }] });
}
