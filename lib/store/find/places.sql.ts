/** Where an item or a receipt is, over many batches: a look by key into each of them, for which Prisma would ask batch by batch. */
import type { Pool } from 'pg';

/** For each of these items of a dataset, by its ordinal, the newest batch that has it; one that undoes another only where there is no other. */
export async function readBatchesOfItems(
  pool: Pool,
  datasetId: string,
  ordinals: readonly number[],
): Promise<Map<number, string>> {
  const { rows } = await pool.query<{ ordinal: number; id: string }>(
    `SELECT o.ordinal, b.id FROM unnest($2::int[]) o(ordinal) CROSS JOIN LATERAL (
       SELECT id FROM batch WHERE dataset_id = $1 AND EXISTS (SELECT FROM chunk_item ci WHERE ci.batch_id = batch.id AND ci.ordinal = o.ordinal)
       ORDER BY undoes IS NOT NULL, created_at DESC LIMIT 1) b`,
    [datasetId, ordinals],
  );
  return new Map(rows.map(({ ordinal, id }) => [ordinal, id]));
}

/** Of the newest batches, those that have a receipt of this chunk and number; the batch at hand first. */
export async function readBatchesOfReceipt(
  pool: Pool,
  { chunk, seq, at }: { chunk: number; seq: number; at: string | null },
  { batches, limit }: { batches: number; limit: number },
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT b.id FROM (
       SELECT id, created_at FROM batch WHERE id = $3
       UNION SELECT * FROM (SELECT id, created_at FROM batch ORDER BY created_at DESC LIMIT $4) newest) b
     WHERE EXISTS (SELECT FROM receipt r WHERE r.batch_id = b.id AND r.chunk = $1 AND r.seq = $2)
     ORDER BY b.id IS DISTINCT FROM $3::uuid, b.created_at DESC LIMIT $5`,
    [chunk, seq, at, batches, limit],
  );
  return rows.map(({ id }) => id);
}
