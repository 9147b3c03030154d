/** How often people who looked at an item said that its category is right, by chunk. A statement of our own: the last mark of each item, over all chunks of a batch. */
import { LEFT_UNSURE, PERSON_GAVE } from '#lib/store/chunks/given-by.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

export type ChunkAgreement = { number: number; right: number; wrong: number; filed: number };

/**
 * Chunks with at least one mark, in their order. What was taken back does not count. An item that was moved is wrong for as long as it is elsewhere, whatever is said of it there. What
 * a classifier had left unsure is filed, wherever it is now: nothing was told of it. What a person had filed before any classifier was asked is none of these.
 */
export async function readAgreements(client: Querying, batchId: string): Promise<ChunkAgreement[]> {
  const { rows } = await client.query<ChunkAgreement>(
    `SELECT number, count(*) FILTER (WHERE verdict = 'right' AND NOT unsure)::int AS right, count(*) FILTER (WHERE verdict = 'wrong' AND NOT unsure)::int AS wrong,
       count(*) FILTER (WHERE unsure)::int AS filed
     FROM (
       SELECT c.number, coalesce(k.unsure, ${LEFT_UNSURE}) AS unsure, CASE WHEN k."from" <> a.category THEN 'wrong' ELSE r.verdict END AS verdict
       FROM (SELECT DISTINCT ON (ordinal) ordinal, verdict FROM review WHERE batch_id = $1 ORDER BY ordinal, id DESC) r
       JOIN classification a ON a.batch_id = $1 AND a.ordinal = r.ordinal JOIN chunk c ON c.id = a.chunk_id
       LEFT JOIN LATERAL (SELECT unsure, "from" FROM correction WHERE batch_id = $1 AND ordinal = r.ordinal ORDER BY id LIMIT 1) k ON true
       WHERE r.verdict <> 'withdrawn' AND (k."from" IS NOT NULL OR NOT ${PERSON_GAVE})) marked
     GROUP BY number ORDER BY number`,
    [batchId],
  );
  return rows;
}
