/**
 * Who has a checkpoint open, over all web processes: a row for each page, which the process that serves its events renews. A process that died renews none. By
 * the database's clock in the statements themselves, for which Prisma's models have no words.
 */
import type { Pool } from 'pg';
import { VISIT_GONE_MS } from '#lib/core/limits.ts';

export type Visit = { id: string; chunkId: string; by: string };

/** Begins a visit, or says that it goes on. */
export async function renewVisit(pool: Pool, { id, chunkId, by }: Visit): Promise<void> {
  await pool.query(
    `INSERT INTO visit (id, chunk_id, "by") VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()`,
    [id, chunkId, by],
  );
}

/** Ends a visit, and with it those that nobody renews any more. */
export async function endVisit(pool: Pool, id: string): Promise<void> {
  await pool.query(`DELETE FROM visit WHERE id = $1 OR seen_at < clock_timestamp() - 10 * $2 * interval '1 millisecond'`, [
    id,
    VISIT_GONE_MS,
  ]);
}

/** Everybody who has the chunk's checkpoint open (`user:<uuid>`), with since when, whoever came first first; on however many pages. */
export async function readVisitors(pool: Pool, chunkId: string): Promise<{ by: string; since: Date }[]> {
  const { rows } = await pool.query<{ by: string; since: Date }>(
    `SELECT "by", min(since) AS since FROM visit WHERE chunk_id = $1 AND seen_at > clock_timestamp() - $2 * interval '1 millisecond'
     GROUP BY "by" ORDER BY 2, 1`,
    [chunkId, VISIT_GONE_MS],
  );
  return rows;
}
