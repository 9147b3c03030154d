/** Ticks what of the found rows is erased. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { erasureChoice } from '#lib/shapes/erasure.ts';
import { readInput } from '#lib/steps/plans/plan-dataset.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { countFinds, readStoredErasure } from '#lib/store/erasure/erasures.ts';
import { chooseFinds as choose } from '#lib/store/erasure/finds.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

const input = erasureChoice.extend({ id: z.uuid() });

/** What hangs on an item is ticked with it. Gives how many rows are chosen now. Throws `not_found`, and `conflict` once it is confirmed or withdrawn. */
export async function chooseFinds(actor: Actor, raw: z.input<typeof input>): Promise<{ count: number }> {
  authorise(actor, 'erase');
  const { id, place = null, finds = [], chosen } = readInput(input, raw);
  return inWrite(db().pool, 'choose_finds', async (tx) => {
    const stored = await readStoredErasure(tx, id);
    if (!stored) throw new CountersignError('not_found', 'There is no such erasure.');
    if (stored.state !== 'found')
      throw new CountersignError('conflict', `This erasure is ${stored.state}: nothing is chosen in it.`);
    await choose(tx, id, { place, finds, chosen });
    return { count: [...(await countFinds(tx, id)).values()].reduce((sum, one) => sum + one.chosen, 0) };
  });
}
