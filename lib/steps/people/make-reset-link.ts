import { z } from 'zod';
import { type Actor, personOf } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { makeToken, setupPath } from '#lib/auth/token.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { RESET_LINK_HOURS } from '#lib/core/limits.ts';
import { readPerson } from '#lib/store/people/people.sql.ts';
import { replaceResetLink } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { lockPeopleAs } from './lock-people.ts';

const input = z.strictObject({ personId: z.uuid() });

type ResetLink = { email: string; path: string; expiresAt: string };

/**
 * Makes a one-time link with which a person sets their password anew, for the admin to hand over. The old password works until it is used. Gives the link's path
 * below the site's address; it is not kept and can't be shown again.
 *
 * @throws CountersignError `forbidden`, `invalid`, `not_found`, `conflict` (oneself, or somebody who is disabled)
 */
export async function makeResetLink(actor: Actor, raw: z.input<typeof input>): Promise<ResetLink> {
  authorise(actor, 'people');
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', 'Give the id of a person.');
  const { token, digest } = makeToken();
  return inTransaction(db().pool, async (tx) => {
    await lockPeopleAs(tx, actor);
    const person = await readPerson(tx, parsed.data.personId);
    if (person === null) throw new CountersignError('not_found', 'This person no longer has an account. Reload the list.');
    if (personOf(actor) === person.id)
      throw new CountersignError('conflict', 'Change your own password on the page of your account.');
    if (person.disabledAt !== null)
      throw new CountersignError('conflict', `${person.name} is disabled. Enable the account first.`);
    const { id: resetsId, email, role } = person;
    const link = { tokenDigest: digest, role, email, createdBy: personOf(actor), resetsId, hours: RESET_LINK_HOURS };
    const expiresAt = await replaceResetLink(tx, link);
    await recordSecurity(tx, { kind: 'reset_link_made', by: actor.id, about: `user:${resetsId}`, facts: { via: actor.via } });
    return { email, path: setupPath(token), expiresAt: expiresAt.toISOString() };
  });
}
