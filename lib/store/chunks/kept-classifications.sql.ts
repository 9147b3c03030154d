/**
 * How chunks were classified before they were classified again. Statements of our own: a million classifications become a million bytes where they lie, and lines of a
 * trail again, without a row of them being handed over.
 */
import type { Pool } from 'pg';
import { CHUNK_IN_REVIEW } from '#lib/core/lifecycle.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/**
 * Keeps how these chunks are classified, where a decision rests on it: its own, or one whose looks were pooled over it. Before their revision is raised and their
 * classifications are dropped, with the chunks locked. Of what is not in review nobody saw how it is classified, and it keeps its revision.
 */
export async function keepClassifications(tx: Querying, chunkIds: readonly string[]): Promise<void> {
  if (chunkIds.length === 0) return;
  await tx.query(
    `INSERT INTO kept_classification (batch_id, chunk, revision, plan_revision, categories, items)
     SELECT c.batch_id, c.number, c.revision, c.plan_revision, own.categories, own.items
     FROM chunk c CROSS JOIN LATERAL (
       SELECT (SELECT array_agg(category ORDER BY category) FROM chunk_category WHERE chunk_id = c.id AND items > 0) AS categories,
         count(*) AS items_classified, string_agg(placed.place, ''::bytea ORDER BY placed.ordinal) AS items
       FROM (
         SELECT a.ordinal, named.place FROM classification a JOIN (
           SELECT category, set_byte('\\x00'::bytea, 0, (row_number() OVER (ORDER BY category) - 1)::int) AS place
           FROM chunk_category WHERE chunk_id = c.id AND items > 0) named USING (category)
         WHERE a.chunk_id = c.id) placed) own
     WHERE c.id = ANY($1) AND c.state = ANY($2) AND own.items_classified = c.item_count AND (
       EXISTS (SELECT FROM decision_chunk o WHERE o.chunk_id = c.id)
       OR EXISTS (
         SELECT FROM decision d CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(d.pool->'review') WHEN 'array' THEN d.pool->'review' ELSE '[]' END) one
         WHERE d.batch_id = c.batch_id AND (one->>0)::int = c.number))`,
    [chunkIds, CHUNK_IN_REVIEW],
  );
}

export type KeptClassification = { chunk: number; revision: number; plan: number };

/** What was kept of each chunk of a batch, in the order of chunks and revisions. */
export async function readKept(client: Querying, batchId: string): Promise<KeptClassification[]> {
  const { rows } = await client.query<KeptClassification>(
    'SELECT chunk, revision, plan_revision AS plan FROM kept_classification WHERE batch_id = $1 ORDER BY 1, 2',
    [batchId],
  );
  return rows;
}

/** Lines `[ordinal, category]` of one that was kept: a page behind `after`, of which `before` items were read. */
export async function readKeptPage(
  pool: Pool,
  { batchId, chunkId, chunk, revision }: { batchId: string; chunkId: string } & KeptClassification,
  { after, before, limit }: { after: number; before: number; limit: number },
): Promise<{ page: string; last: number; rows: number }> {
  const { rows } = await pool.query<{ page: string; last: number; rows: number }>({
    name: 'trail-kept',
    text: `SELECT coalesce(string_agg('[' || own.ordinal || ',' || to_json(k.categories[1 + get_byte(k.items, own.place)]) || E']\\n', '' ORDER BY own.ordinal), '') AS page,
             max(own.ordinal) AS last, count(*)::int AS rows
           FROM (SELECT categories, substring(items FROM $4::int + 1 FOR $7::int) AS items FROM kept_classification
                 WHERE batch_id = $1 AND chunk = $2 AND revision = $3 OFFSET 0) k
           CROSS JOIN (SELECT ordinal, (row_number() OVER (ORDER BY ordinal) - 1)::int AS place
                       FROM (SELECT ordinal FROM chunk_item WHERE chunk_id = $5 AND ordinal > $6 ORDER BY ordinal LIMIT $7) page) own`,
    values: [batchId, chunk, revision, before, chunkId, after, limit],
  });
  return rows[0] ?? { page: '', last: after, rows: 0 };
}
