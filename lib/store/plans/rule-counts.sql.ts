/**
 * How many items the parts of a classifier (its rules) gave a category, and which items these are. Statements of our own: sums over one row for each chunk, part and
 * category, and a chunk's items by key; Prisma adds up no column of another table's row.
 */
import type { Pool } from 'pg';
import { ROWS_BEHIND_SCAN_ITEMS } from '#lib/core/limits.ts';

export type PartItems = {
  /** the revision of the plan whose part it is */
  planRevision: number;
  part: number;
  /** that the items are in now */
  category: string;
  items: number;
};

/** What is classified so far, by the part that gave it. */
export async function readPartItems(pool: Pool, batchId: string): Promise<PartItems[]> {
  const { rows } = await pool.query<PartItems>({
    name: 'part-items',
    text: `SELECT c.plan_revision AS "planRevision", p.part, p.category, sum(p.items)::int AS items
      FROM chunk_part p JOIN chunk c ON c.id = p.chunk_id WHERE p.batch_id = $1 GROUP BY 1, 2, 3 HAVING sum(p.items) > 0`,
    values: [batchId],
  });
  return rows;
}

/** The revisions of the plan that chunks of the batch go by. */
export async function readRevisionsInUse(pool: Pool, batchId: string): Promise<number[]> {
  const { rows } = await pool.query<{ revision: number }>(
    'SELECT DISTINCT plan_revision AS revision FROM chunk WHERE batch_id = $1',
    [batchId],
  );
  return rows.map(({ revision }) => revision);
}

/** How many items of the batch are classified. */
export async function countClassifiedItems(pool: Pool, batchId: string): Promise<number> {
  const { rows } = await pool.query<{ items: number }>(
    'SELECT coalesce(sum(classified), 0)::int AS items FROM chunk WHERE batch_id = $1',
    [batchId],
  );
  return rows[0]?.items ?? 0;
}

/** A part of one revision of the plan. */
export type PartAt = { planRevision: number; part: number };

/** The next chunks that have items of any of these parts, from a number on, with the part of each. A chunk goes by one revision, so it has one of them. */
export async function readChunksOfPart(
  pool: Pool,
  batchId: string,
  parts: readonly PartAt[],
  { from, limit }: { from: number; limit: number },
): Promise<{ id: string; number: number; part: number }[]> {
  const { rows } = await pool.query<{ id: string; number: number; part: number }>(
    `SELECT c.id, c.number, w.part FROM unnest($2::int[], $3::int[]) AS w(plan_revision, part)
     JOIN chunk c ON c.batch_id = $1 AND c.plan_revision = w.plan_revision AND c.number >= $4
     WHERE EXISTS (SELECT FROM chunk_part p WHERE p.chunk_id = c.id AND p.part = w.part AND p.items > 0) ORDER BY c.number, w.part LIMIT $5`,
    [batchId, parts.map(({ planRevision }) => planRevision), parts.map(({ part }) => part), from, limit],
  );
  return rows;
}

/**
 * Items of a chunk that a part gave a category, after an ordinal. It looks at so many items of the chunk at most: `looked` says up to which; null when that was the
 * last one.
 */
export async function readOrdinalsOfPart(
  pool: Pool,
  { batchId, chunkId, part }: { batchId: string; chunkId: string; part: number },
  { after, limit }: { after: number; limit: number },
): Promise<{ ordinals: number[]; looked: number | null }> {
  const { rows } = await pool.query<{ ordinals: number[]; looked: number | null }>(
    `WITH page AS MATERIALIZED (SELECT ordinal FROM chunk_item WHERE chunk_id = $2 AND ordinal > $4 ORDER BY ordinal LIMIT ${ROWS_BEHIND_SCAN_ITEMS})
     SELECT ARRAY(SELECT m.ordinal FROM page JOIN classification m ON m.batch_id = $1 AND m.ordinal = page.ordinal
                  WHERE m.part = $3 ORDER BY m.ordinal LIMIT $5) AS ordinals,
       (SELECT max(ordinal) FROM page HAVING count(*) = ${ROWS_BEHIND_SCAN_ITEMS}) AS looked`,
    [batchId, chunkId, part, after, limit],
  );
  return rows[0] ?? { ordinals: [], looked: null };
}
