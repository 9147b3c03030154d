/** All items of a chunk with their classifications, page by page. */
import type { Actor } from '#lib/auth/actor.ts';
import { authorise } from '#lib/auth/authorise.ts';
import type { Sample } from '#lib/shapes/checkpoints.ts';
import { isId, isNumber } from '#lib/steps/ids.ts';
import { limitOf, numberCursor, type Page, type PageInput } from '#lib/steps/page.ts';
import { byRulesOf } from '#lib/steps/plans/plan-of-chunk.ts';
import { readBatchFacts, readChunksNow } from '#lib/store/batches/batch-reads.sql.ts';
import { readClassifiedPage } from '#lib/store/checkpoints/checkpoint-reads.sql.ts';
import { readNames } from '#lib/store/people/names.ts';
import { db } from '#lib/store/postgres/db.ts';
import { readTold } from './read-told.ts';
import { sampleOf } from './sample-rows.ts';

type Input = PageInput & {
  batchId: string;
  chunk: number;
  category?: string | null | undefined;
  search?: string | null | undefined;
};

/**
 * In the order of the file, all or those of a category, or whose fields or reason hold a text (letter case aside). A page of a search may be
 * short, even empty: `next` says where to go on. Null when there is no such chunk. Throws `invalid`.
 */
export async function readChunkItems(actor: Actor, input: Input): Promise<Page<Sample> | null> {
  authorise(actor, 'see');
  const limit = limitOf(input);
  const after = numberCursor(input);
  const { batchId, chunk: number } = input;
  if (!isId(batchId) || !isNumber(number)) return null;
  const { pool } = db();
  const batch = await readBatchFacts(pool, batchId);
  const [chunk] = batch ? await readChunksNow(pool, batchId, { number }) : [];
  if (!batch || !chunk) return null;
  const of = { batchId, datasetId: batch.datasetId, chunkId: chunk.id };
  const { rows, next } = await readClassifiedPage(pool, of, {
    category: input.category || null,
    search: input.search || null,
    after,
    limit,
  });
  const names = await readNames(
    db(),
    rows.map(({ by }) => by),
  );
  const told = await readTold(
    batchId,
    chunk,
    rows.map(({ ordinal }) => ordinal),
  );
  const ruled = await byRulesOf(batch, chunk);
  const items = rows.map((row) => sampleOf(ruled, row, null, names, told(row.ordinal)));
  return { items, next: next === null ? null : String(next) };
}
