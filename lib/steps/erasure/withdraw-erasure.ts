import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { moveErasure, readStoredErasure } from '#lib/store/erasure/erasures.ts';
import { db } from '#lib/store/postgres/db.ts';
import { recordSecurity } from '#lib/store/security/security.ts';

const input = z.strictObject({ id: z.uuid() });

/** Forgets what was looked for, with nothing erased. Throws `not_found`, and `conflict` once it is confirmed. */
export async function withdrawErasure(actor: Actor, raw: z.input<typeof input>): Promise<{ id: string }> {
  authorise(actor, 'erase');
  const { id } = readInput(input, raw);
  return inWrite(db().pool, 'withdraw_erasure', async (tx) => {
    if (!(await readStoredErasure(tx, id))) throw new CountersignError('not_found', 'There is no such erasure.');
    if (!(await moveErasure(tx, id, ['looking', 'found'], { state: 'withdrawn' })))
      throw new CountersignError('conflict', 'It was confirmed or withdrawn already: what is erased does not come back.');
    await recordSecurity(tx, { kind: 'erasure_withdrawn', by: actor.id, facts: { erasure: id, via: actor.via } });
    return { id };
  });
}
