/** One real request of each category that acts, and in what the others differ: what whoever approves a chunk is shown of it. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { REQUESTS_COMPARED } from '#lib/core/limits.ts';
import type { ChunkRequests } from '#lib/shapes/requests.ts';
import { fieldsOfRequest } from '#lib/steps/plans/build-request.ts';
import { lookAt } from '#lib/store/checkpoints/looks.ts';
import { readDifferingFields, readFirstOf } from '#lib/store/checkpoints/requests.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { itemRequest } from './read-item-request.ts';
import { assertInReview, chunkOf, requestOf } from './request-of.ts';

/** Of a chunk in review; the request is that of the category's first item. Null where there is no such chunk. Throws `conflict` in any other state. */
export async function readChunkRequests(actor: Actor, of: { batchId: string; chunk: number }): Promise<ChunkRequests | null> {
  authorise(actor, 'see');
  const found = await chunkOf(of);
  if (!found) return null;
  const { batch, chunk } = found;
  assertInReview(chunk);
  const { pool } = db();
  const names = batch.plan.categories.map(({ name }) => name);
  const { counts } = await lookAt(db(), chunk, names);
  const requests: ChunkRequests['requests'] = [];
  for (const { name, action } of batch.plan.categories) {
    const ordinals = action ? await readFirstOf(pool, chunk.id, name, REQUESTS_COMPARED) : [];
    const [ordinal] = ordinals;
    const request = ordinal === undefined ? null : await requestOf(found, { ordinal });
    if (!action || !request) continue;
    // What an undo sends was made with it, from what was done.
    const fields = batch.undoes ? null : fieldsOfRequest(action);
    requests.push({
      ...itemRequest(batch, request, { whole: false }),
      others: Math.max(counts.get(name) ?? 0, ordinals.length) - 1,
      differ: fields && (await readDifferingFields(pool, batch.datasetId, ordinals, fields)),
      compared: ordinals.length - 1,
    });
  }
  return { requests };
}
