/** Which chunk each of some items is in. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { readChunksOf } from '#lib/store/chunks/chunks.sql.ts';
import { db } from '#lib/store/postgres/db.ts';

/** Chunk number -> those of the ordinals that it holds, ascending. What is in no chunk of the batch is left out. */
export async function chunksOfItems(
  actor: Actor,
  { batchId, ordinals }: { batchId: string; ordinals: number[] },
): Promise<Map<number, number[]>> {
  authorise(actor, 'see');
  return readChunksOf(db().pool, batchId, ordinals);
}
