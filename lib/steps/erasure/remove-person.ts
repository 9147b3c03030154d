/** Removes a person's account: receipts name people by ids, and the id stays; name, address and ways to sign in go. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { isRemoved, removedAddress } from '#lib/core/people/removed.ts';
import { personRemoved } from '#lib/shapes/erasure.ts';
import { lockPeopleAs } from '#lib/steps/people/lock-people.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { insertErasure } from '#lib/store/erasure/erasures.ts';
import { readPerson } from '#lib/store/people/people.sql.ts';
import { pseudonymise } from '#lib/store/people/people.ts';
import { bytesOf } from '#lib/store/postgres/bytes.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

const input = personRemoved.extend({ personId: z.uuid() });

/**
 * Only of a disabled person, for good. The address is then looked for in everything else: `erasure` waits to be confirmed.
 * @throws CountersignError `forbidden`, `invalid`, `not_found`, `conflict` (not disabled, or removed already)
 */
export async function removePerson(actor: Actor, raw: z.input<typeof input>): Promise<{ id: string; erasure: string }> {
  authorise(actor, 'erase');
  const { personId, reason } = readInput(input, raw);
  return inWrite(db().pool, 'remove_person', async (tx) => {
    await lockPeopleAs(tx, actor);
    const person = await readPerson(tx, personId);
    if (person === null) throw new CountersignError('not_found', 'This person no longer has an account. Reload the list.');
    if (person.disabledAt === null)
      throw new CountersignError(
        'conflict',
        `${person.name} can still sign in. Disable the person first: what is theirs then ends at once.`,
      );
    if (isRemoved(person)) throw new CountersignError('conflict', 'This account was removed already.');
    for (const value of [person.email, person.name])
      if (reason.toLowerCase().includes(value.toLowerCase()))
        throw new CountersignError('invalid', 'The reason names the person, and the reason is kept. Say it without the name.', {
          problems: [{ path: 'reason', message: 'Neither the name nor the address must be in it.' }],
        });
    await pseudonymise(tx, person, { name: `Former person ${personId.slice(0, 8)}`, email: removedAddress(personId) });
    const erasure = randomUUID();
    const salt = randomBytes(32);
    const digest = createHash('sha256').update(salt).update(person.email).digest();
    await insertErasure(tx, {
      ...{ id: erasure, kind: 'value', about: null, state: 'looking', wanted: person.email },
      ...{ salt: bytesOf(salt), digest: bytesOf(digest), askedBy: actor.id },
    });
    await recordSecurity(tx, {
      ...{ kind: 'person_removed', by: actor.id, about: `user:${personId}` },
      facts: { reason, erasure, via: actor.via },
    });
    return { id: personId, erasure };
  });
}
