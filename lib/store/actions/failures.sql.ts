/** Actions whose last receipt says that they failed, grouped by why, which is in the bytes of the receipts: the database reads them. */
import type { Pool } from 'pg';

export type FailureGroupRow = {
  /** a code: http_404, dns, … */
  reason: string | null;
  count: number;
  chunks: number;
  from: Date;
  to: Date;
  /** where the last receipts of its first items are */
  examples: { ordinal: number; chunk: number; seq: number }[];
};

/** The failures of a batch by reason, the largest group first, each with at most `examples` items. Read along receipt_failed_idx. */
export async function readFailureGroups(pool: Pool, batchId: string, examples: number): Promise<FailureGroupRow[]> {
  const { rows } = await pool.query<FailureGroupRow>(
    `SELECT reason, count(*)::int AS count, count(DISTINCT chunk)::int AS chunks, min(committed_at) AS "from", max(committed_at) AS "to",
       jsonb_agg(jsonb_build_object('ordinal', ordinal, 'chunk', chunk, 'seq', seq) ORDER BY ordinal) FILTER (WHERE place <= $2) AS examples
     FROM (
       SELECT f.*, o.reason, row_number() OVER (PARTITION BY o.reason ORDER BY f.ordinal) AS place FROM receipt f
       CROSS JOIN LATERAL (SELECT convert_from(f.body, 'UTF8')::json ->> 'reason' AS reason) o
       WHERE f.batch_id = $1 AND f.result = 'failed'
         AND NOT EXISTS (SELECT FROM receipt later WHERE later.batch_id = $1 AND later.ordinal = f.ordinal AND later.step = f.step + 1)) failed
     GROUP BY reason ORDER BY count DESC, reason`,
    [batchId, examples],
  );
  return rows;
}
