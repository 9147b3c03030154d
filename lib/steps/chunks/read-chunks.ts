/** The chunks of a batch, page by page. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CHUNK_STATES, type ChunkState } from '#lib/core/lifecycle.ts';
import { LOOK_ROWS_MAX } from '#lib/core/limits.ts';
import type { ChunkRow } from '#lib/shapes/chunks.ts';
import { chunkRow } from '#lib/steps/batches/batch-view.ts';
import { isId } from '#lib/steps/ids.ts';
import { limitOf, numberCursor, type Page, type PageInput, pageOf } from '#lib/steps/page.ts';
import { readChunksNow, readPulse } from '#lib/store/batches/batch-reads.sql.ts';
import { db } from '#lib/store/postgres/db.ts';
import { foldChunks } from '#lib/store/receipts/sum.sql.ts';

type Input = PageInput & { batchId: string; state?: string | null | undefined };

/** In the order of their numbers, all or those in one state; null when there is no such batch. Throws `invalid`. */
export async function readChunks(actor: Actor, input: Input): Promise<Page<ChunkRow> | null> {
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
  const { shown, next } = pageOf(rows, limit, ({ number }) => number);
  const folded = await foldChunks(pool, batchId, shown, LOOK_ROWS_MAX);
  const items = shown.map((chunk) => chunkRow(chunk, folded.get(chunk.number)));
  return { items, next };
}
