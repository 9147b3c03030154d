/** The tape is told of two tables in one order: a `UNION ALL` with a limit in each half and over both, which Prisma's models have no words for. */
import type { Pool } from 'pg';
import { type Facts, storedFacts } from '#lib/core/receipts/told-line.ts';

export type Told = { id: string; chunk: number | null; at: Date; kind: string; facts: Facts };

/** The newest first: what was told, and the incidents as they were opened. */
export async function readTold(pool: Pool, batchId: string, limit: number): Promise<Told[]> {
  const { rows } = await pool.query<Omit<Told, 'facts'> & { facts: unknown }>({
    name: 'tape-told',
    text: `(SELECT 'event-' || id AS id, chunk, at, kind, facts FROM event WHERE batch_id = $1 AND facts IS NOT NULL ORDER BY id DESC LIMIT $2)
      UNION ALL
      (SELECT 'incident-' || id, chunk, opened_at, 'incident', jsonb_build_object('message', message) FROM incident WHERE batch_id = $1
       ORDER BY opened_at DESC LIMIT $2)
      ORDER BY at DESC LIMIT $2`,
    values: [batchId, limit],
  });
  return rows.map((row) => ({ ...row, facts: storedFacts(row.facts) }));
}
