/** "I review this": who a checkpoint belongs to, for the others to see. It forbids nobody anything. */
import { z } from 'zod';
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { chunkWords } from '#lib/core/chunks/state-words.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import { announce } from '#lib/engine/events.ts';
import type { Company } from '#lib/shapes/evidence.ts';
import { nameNumber } from '#lib/shapes/values.ts';
import { inWrite } from '#lib/store/api/api-writes.ts';
import { lockChunks } from '#lib/store/chunks/chunks.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { changeClaim } from '#lib/store/reviews/reviews.ts';
import { readCompany } from './read-company.ts';

const input = z.strictObject({ batchId: z.uuid(), chunk: nameNumber, mine: z.boolean() });

export type ClaimInput = z.input<typeof input>;
/**
 * Claims a checkpoint that is in review, from whoever had it, or hands it back; what is another's stays theirs. The claim ends with the decision.
 *
 * @throws CountersignError `invalid`, `conflict` (the chunk is not in review), `not_found`.
 */
export async function claim(actor: Actor, raw: ClaimInput): Promise<Company> {
  authorise(actor, 'mark');
  const read = input.safeParse(raw);
  if (!read.success) throw new CountersignError('invalid', `The claim can't be read: ${read.error.issues[0]?.message}`);
  const { batchId, chunk: number, mine } = read.data;
  const changed = await inWrite(db().pool, 'claim', async (tx) => {
    const [row] = await lockChunks(tx, batchId, [number]);
    if (!row) throw new CountersignError('not_found', 'There is no such chunk.');
    if (!CHUNK_IN_REVIEW.includes(row.state))
      throw new CountersignError(
        'conflict',
        `Chunk ${number} is ${chunkWords(row.state)}: there is nothing to review in it now.`,
      );
    return changeClaim(tx, row.id, actor.id, mine);
  });
  if (changed) announce(db().pool, batchId, { chunk: number, kind: 'claim' });
  const company = await readCompany(actor, { batchId, chunk: number });
  if (!company) throw new CountersignError('not_found', 'There is no such chunk.');
  return company;
}
