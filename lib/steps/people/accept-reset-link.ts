import { hashPassword } from 'better-auth/crypto';
import { z } from 'zod';
import { inHashingTurn } from '#lib/auth/hashing.ts';
import { passwordProblem } from '#lib/auth/password.ts';
import { tokenDigest } from '#lib/auth/token.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { lockPeople, readPerson } from '#lib/store/people/people.sql.ts';
import { endSessions, setHost, setPasswordHash, takeLink } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { hostOf } from './accept-setup-link.ts';
import { readSetupLink } from './read-setup-link.ts';

const input = z.strictObject({ token: z.string().max(200), password: z.string().max(1_000) });

export type AcceptResetLinkInput = z.input<typeof input>;

/**
 * Sets a person's password anew and ends all of their sessions. Whoever made the link could have used it themselves, so from now on they are who let the person
 * in: the two can't be the two who sign a chunk until another admin confirms the person (docs/two-signatures.md). Whoever calls signs the person in.
 *
 * @throws CountersignError `invalid` (problems per field), `not_found` or `conflict` (the link is unknown, used, expired, or for something else), `unavailable`
 */
export async function acceptResetLink(raw: AcceptResetLinkInput): Promise<{ email: string }> {
  const { token, password } = readInput(input, raw);
  const link = await readSetupLink({ token });
  const { resets, email } = link;
  if (resets === null || email === null)
    throw new CountersignError('conflict', 'This link brings somebody in. Open it in a browser, and set up the account there.');
  const weak = await passwordProblem(password, { email, name: resets.name });
  if (weak !== null) throw new CountersignError('invalid', weak, { problems: [{ path: 'password', message: weak }] });
  const hash = await inHashingTurn(() => hashPassword(password));
  await inTransaction(db().pool, async (tx) => {
    await lockPeople(tx);
    const person = await readPerson(tx, resets.id);
    // Of several who use one link at once, one does.
    if (person === null || person.disabledAt !== null || !(await takeLink(tx, tokenDigest(token))))
      throw new CountersignError('conflict', 'This link was used or withdrawn a moment ago. If that was not you, tell an admin.');
    await setPasswordHash(tx, person.id, hash);
    const sessions = await endSessions(tx, person.id);
    const host = hostOf(link);
    if (host !== null) await setHost(tx, person.id, host);
    await recordSecurity(tx, { kind: 'password_reset', by: `user:${person.id}`, facts: { linkBy: host, sessions } });
  });
  return { email };
}
