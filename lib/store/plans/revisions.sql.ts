/** What a revision of the rules is looked at with. Statements of our own: counts over chunks, and items with what they were classified as, page by page. */
import type { Pool } from 'pg';
import { CHUNK_TRANSITIONS, CHUNK_UNCLASSIFIED, chunkFrom } from '#lib/core/lifecycle.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

export type ChunkInReview = { id: string; number: number; name: string; itemCount: number };

/** The chunks that await their review, in the order of their numbers. What was signed by one person is not among them. */
export async function readInReview(client: Querying, batchId: string): Promise<ChunkInReview[]> {
  const { rows } = await client.query<ChunkInReview>(
    `SELECT id, number, name, item_count AS "itemCount" FROM chunk WHERE batch_id = $1 AND state = $2 ORDER BY number`,
    [batchId, CHUNK_TRANSITIONS.classified.to],
  );
  return rows;
}

/** Chunks that nobody has seen classified, and their items: they take a revision of the rules without a word. */
export async function readToCome(client: Querying, batchId: string): Promise<{ chunks: number; items: number }> {
  const { rows } = await client.query<{ chunks: number; items: number }>(
    `SELECT count(*)::int AS chunks, coalesce(sum(item_count), 0)::int AS items FROM chunk
     WHERE batch_id = $1 AND (state = ANY($2) OR (state = ANY($3) AND halted_from = 'classifying'))`,
    [batchId, CHUNK_UNCLASSIFIED, chunkFrom('reclassify_halted')],
  );
  return rows[0] ?? { chunks: 0, items: 0 };
}

/** What items of a chunk are classified as, and by whom: a page in the order of their ordinals. */
export async function readCategoryPage(
  pool: Pool,
  { batchId, chunkId }: { batchId: string; chunkId: string },
  { after, limit }: { after: number; limit: number },
): Promise<{ ordinal: number; category: string; by: string }[]> {
  const { rows } = await pool.query<{ ordinal: number; category: string; by: string }>(
    `SELECT m.ordinal, a.category, a."by" FROM chunk_item m JOIN classification a ON a.batch_id = $1 AND a.ordinal = m.ordinal
     WHERE m.chunk_id = $2 AND m.ordinal > $3 ORDER BY m.ordinal LIMIT $4`,
    [batchId, chunkId, after, limit],
  );
  return rows;
}
