import { randomUUID } from 'node:crypto';
import { hashPassword } from 'better-auth/crypto';
import { z } from 'zod';
import { inHashingTurn } from '#lib/auth/hashing.ts';
import { passwordProblem } from '#lib/auth/password.ts';
import { tokenDigest } from '#lib/auth/token.ts';
import { CountersignError, type Problem } from '#lib/core/errors.ts';
import { PERSON_NAME_CHARS_MAX } from '#lib/core/limits.ts';
import { KEY_ACTOR } from '#lib/core/people/key-actor.ts';
import type { Role } from '#lib/core/people/roles.ts';
import { givenName } from '#lib/core/values/given-name.ts';
import { lockPeople } from '#lib/store/people/people.sql.ts';
import { anyPerson, insertPerson, takeLink } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { type OpenLink, readSetupLink } from './read-setup-link.ts';

const input = z.strictObject({
  token: z.string().max(200),
  name: givenName('Your name', {
    max: PERSON_NAME_CHARS_MAX,
    missing: 'Enter your name as other people should see it.',
    long: `Use at most ${PERSON_NAME_CHARS_MAX} characters.`,
  }),
  email: z.string().trim().toLowerCase().pipe(z.email('This is not a mail address.')),
  password: z.string(),
});

export type AcceptSetupLinkInput = z.input<typeof input>;

/**
 * Makes the person that a setup link is for, with the link's role. Of several that use one link at once, one succeeds. The link stays
 * usable when the input is refused. Whoever calls signs the person in.
 *
 * @throws CountersignError `invalid` (problems per field), `not_found` or `conflict` (the link is unknown, used or expired; the address is
 * taken), `unavailable` (too many passwords are being hashed)
 */
export async function acceptSetupLink(raw: AcceptSetupLinkInput): Promise<{ id: string; email: string; role: Role }> {
  const { token, name, email, password } = await parse(raw);
  // Before the password is hashed, which costs: a stranger's token buys nothing.
  const link = await readSetupLink({ token });
  if (link.resets !== null)
    throw new CountersignError('conflict', 'This link sets a password anew. Open it in a browser, and do that there.');
  if (link.email !== null && link.email !== email)
    refuse([{ path: 'email', message: `This link is for ${link.email}. Use that address, or ask for a link for this one.` }]);

  const passwordHash = await inHashingTurn(() => hashPassword(password));
  const id = randomUUID();
  await inTransaction(db().pool, async (tx) => {
    await lockPeople(tx);
    const alone = !(await anyPerson(tx));
    const taken = (link.email !== null || alone) && (await takeLink(tx, tokenDigest(token)));
    // Somebody was faster between the first look and now; the second look, after the rollback, says what happened.
    if (!taken) throw new LostLink();
    const inserted = await insertPerson(tx, { id, name, email, role: link.role, passwordHash, invitedBy: hostOf(link) });
    if (!inserted)
      throw new CountersignError('conflict', `The address ${email} has an account already. Sign in, or use another address.`, {
        problems: [{ path: 'email', message: 'This address has an account already. Sign in, or use another address.' }],
      });
    await recordSecurity(tx, {
      kind: link.email === null ? 'first_admin_made' : 'invitation_accepted',
      ...{ by: `user:${id}`, facts: { email, role: link.role, invitedBy: hostOf(link) } },
    });
  }).catch(async (error: unknown) => {
    if (!(error instanceof LostLink)) throw error;
    await readSetupLink({ token });
    throw new CountersignError('conflict', 'This link was used a moment ago. If that was not you, tell an admin.');
  });
  return { id, email, role: link.role };
}

/** Who let them in. The first admin's link is nobody's and names no address. */
export function hostOf({ email, createdBy }: Pick<OpenLink, 'email' | 'createdBy'>): string | null {
  if (email === null) return null;
  return createdBy === null ? KEY_ACTOR.id : `user:${createdBy}`;
}

class LostLink extends Error {}

async function parse(raw: unknown): Promise<z.output<typeof input>> {
  const parsed = input.safeParse(raw);
  if (!parsed.success) refuse(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
  const weak = await passwordProblem(parsed.data.password, parsed.data);
  if (weak !== null) refuse([{ path: 'password', message: weak }]);
  return parsed.data;
}

function refuse(problems: Problem[]): never {
  throw new CountersignError('invalid', problems.map(({ message }) => message).join(' '), { problems });
}
