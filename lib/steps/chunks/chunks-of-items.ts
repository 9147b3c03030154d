/** Which chunk each of some items is in. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { db } from '#lib/store/postgres/db.ts';

/** Chunk number -> those of the ordinals that it holds, ascending. What is in no chunk of the batch is left out. */
export async function chunksOfItems(
  actor: Actor,
  { batchId, ordinals }: { batchId: string; ordinals: number[] },
): Promise<Map<number, number[]>> {
  authorise(actor, 'see');
  const { rows } = await db().pool.query<{ number: number; ordinals: number[] }>(
    `SELECT c.number, array_agg(i.ordinal ORDER BY i.ordinal) AS ordinals FROM chunk_item i JOIN chunk c ON c.id = i.chunk_id
     WHERE i.batch_id = $1 AND i.ordinal = ANY($2) GROUP BY c.number`,
    [batchId, ordinals],
  );
  return new Map(rows.map(({ number, ordinals: own }) => [number, own]));
}
