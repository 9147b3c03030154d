import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { withdrawLinksFor } from '#lib/store/people/people.ts';
import { db, inTransaction } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';
import { lockPeopleAs } from './lock-people.ts';

const input = z.strictObject({ email: z.string().trim().toLowerCase().min(1) });

export type WithdrawInvitationInput = z.input<typeof input>;

/**
 * Makes the link that was handed out for an address stop working.
 *
 * @throws CountersignError `forbidden`, `invalid`, `not_found` (no link for this address is open; it may have been used meanwhile)
 */
export async function withdrawInvitation(actor: Actor, raw: WithdrawInvitationInput): Promise<void> {
  authorise(actor, 'people');
  const parsed = input.safeParse(raw);
  if (!parsed.success) throw new CountersignError('invalid', 'Give the mail address that the invitation is for.');
  const { email } = parsed.data;
  await inTransaction(db().pool, async (tx) => {
    await lockPeopleAs(tx, actor);
    if ((await withdrawLinksFor(tx, email)) === 0)
      throw new CountersignError(
        'not_found',
        `There is no open invitation for ${email}. Reload the list to see whether it was used.`,
      );
    await recordSecurity(tx, { kind: 'invitation_withdrawn', by: actor.id, facts: { email } });
  });
}
