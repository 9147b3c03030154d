/** The chunks of a batch, page by page. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_STATES, type ChunkState } from '#lib/core/lifecycle.ts';
import { LOOK_ROWS_MAX } from '#lib/core/limits.ts';
import type { ListedChunk } from '#lib/shapes/chunks.ts';
import { chunkRow, withoutNotes } from '#lib/steps/batches/batch-view.ts';
import { isId } from '#lib/steps/ids.ts';
import { limitOf, numberCursor, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { readChunksNow, readPulse } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';
import { fitting, readDigests } from './chunk-digests.ts';

type Input = PageInput & { batchId: string; state?: string | null | undefined };

/**
 * In the order of their numbers, all or those in one state; null when there is no such batch. A page may be shorter than its limit: it has as many chunks as
 * it can tell the digests of. Throws `invalid`.
 */
export async function readChunks(actor: Actor, input: Input): Promise<Page<ListedChunk> | null> {
  authorise(actor, 'see_batches');
  const { batchId, state } = input;
  const limit = limitOf(input);
  const after = numberCursor(input);
  if (state && !CHUNK_STATES.includes(state as ChunkState)) {
    throw new CountersignError('invalid', `There is no chunk state “${state}”. Choose one of: ${CHUNK_STATES.join(', ')}.`, {
      problems: [{ path: 'state', message: 'This is not a state.' }],
    });
  }
  const { pool } = db();
  if (!isId(batchId) || !(await readPulse(pool, batchId))) return null;
  const rows = await readChunksNow(pool, batchId, { after, limit: limit + 1, ...(state ? { state } : {}) });
  const { shown, next } = pageOf(rows, Math.min(limit, fitting(rows)), ({ number }) => number);
  const [folded, digests] = await Promise.all([
    foldChunks(pool, batchId, shown, LOOK_ROWS_MAX),
    readDigests(pool, batchId, shown),
  ]);
  const items = shown.map((chunk) => ({ ...chunkRow(chunk, folded.get(chunk.number)), digest: digests.get(chunk.id) ?? null }));
  return { items: withoutNotes(actor, items), next };
}
