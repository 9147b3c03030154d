import { z } from 'zod';
import { type Actor, personOf } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { makeToken, setupPath } from '#lib/auth/token.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { INVITATION_DAYS } from '#lib/core/limits.ts';
import { ROLES, type Role } from '#lib/core/people/roles.ts';
import { readHolder, replaceInvitation } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { lockPeopleAs } from './lock-people.ts';

const input = z.strictObject({
  email: z.string().trim().toLowerCase().pipe(z.email('This is not a mail address.')),
  role: z.enum(ROLES),
});

export type InvitePersonInput = z.input<typeof input>;
export type InvitationLink = { email: string; role: Role; path: string; expiresAt: string };

/**
 * Makes a one-time link for a person, for the admin to hand over: no mail is sent from here. An unused link for the same address stops
 * working. Gives the link's path below the site's address; it is not kept and can't be shown again.
 *
 * @throws CountersignError `forbidden`, `invalid`, `conflict` (the address has somebody)
 */
export async function invitePerson(actor: Actor, raw: InvitePersonInput): Promise<InvitationLink> {
  authorise(actor, 'people');
  const { email, role } = parse(raw);
  const { token, digest } = makeToken();
  const createdBy = personOf(actor);
  const expiresAt = await inTransaction(db().pool, async (tx) => {
    await lockPeopleAs(tx, actor);
    const holder = await readHolder(tx, email);
    if (holder?.disabledAt) {
      throw new CountersignError(
        'conflict',
        `${email} has an account already, and it is disabled. Enable it in the list instead.`,
        {
          problems: [{ path: 'email', message: 'This person has an account already, and it is disabled.' }],
        },
      );
    }
    if (holder) {
      throw new CountersignError('conflict', `${email} has an account already. Change its role in the list instead.`, {
        problems: [{ path: 'email', message: 'This person has an account already.' }],
      });
    }
    await recordSecurity(tx, { kind: 'invitation_made', by: actor.id, facts: { email, role, via: actor.via } });
    return replaceInvitation(tx, { tokenDigest: digest, role, email, createdBy, days: INVITATION_DAYS });
  });
  return { email, role, path: setupPath(token), expiresAt: expiresAt.toISOString() };
}

function parse(raw: unknown): z.output<typeof input> {
  const parsed = input.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new CountersignError('invalid', problems.map(({ message }) => message).join(' '), { problems });
}
