/** How often people who looked at an item said that its category is right, by chunk. A statement of our own: the last mark of each item, over all chunks of a batch. */
import type { Querying } from '#lib/store/postgres/db.ts';

export type ChunkAgreement = { number: number; right: number; wrong: number };

/** Chunks with at least one mark, in their order. What was taken back does not count. */
export async function readAgreements(client: Querying, batchId: string): Promise<ChunkAgreement[]> {
  const { rows } = await client.query<ChunkAgreement>(
    `SELECT c.number, count(*) FILTER (WHERE r.verdict = 'right')::int AS right, count(*) FILTER (WHERE r.verdict = 'wrong')::int AS wrong
     FROM (SELECT DISTINCT ON (ordinal) ordinal, verdict FROM review WHERE batch_id = $1 ORDER BY ordinal, id DESC) r
     JOIN chunk_item i ON i.batch_id = $1 AND i.ordinal = r.ordinal JOIN chunk c ON c.id = i.chunk_id
     WHERE r.verdict <> 'withdrawn' GROUP BY c.number ORDER BY c.number`,
    [batchId],
  );
  return rows;
}
