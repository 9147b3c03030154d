import type { Pool } from 'pg';

/** How many there are of each state or kind; of what there is none, nothing is said. */
type Counted = { of: string; count: number }[];

export type Counts = {
  batches: Counted;
  chunks: Counted;
  /** all that were ever written */
  receipts: number;
  /** that are open, by kind */
  incidents: Counted;
  /** open | probing | paused (by a person) */
  breakers: Counted;
};

/** Everything that is merely counted, in one pass over batches and chunks: they know how many receipts they have. */
export async function readCounts(pool: Pool): Promise<Counts> {
  const { rows } = await pool.query<Counts>({
    name: 'metric-counts',
    text: `WITH by_state AS (SELECT state, count(*)::int AS count, sum(seq) AS seqs FROM chunk GROUP BY state)
    SELECT
      (SELECT coalesce(json_agg(b), '[]') FROM (SELECT state AS of, count(*)::int AS count FROM batch GROUP BY 1) b) AS batches,
      (SELECT coalesce(json_agg(json_build_object('of', state, 'count', count)), '[]') FROM by_state) AS chunks,
      (SELECT coalesce(sum(seqs), 0) FROM by_state)::float8 + (SELECT coalesce(sum(seq), 0) FROM batch)::float8 AS receipts,
      (SELECT coalesce(json_agg(i), '[]') FROM (SELECT kind AS of, count(*)::int AS count FROM incident WHERE resolved_at IS NULL GROUP BY 1) i) AS incidents,
      (SELECT coalesce(json_agg(t), '[]') FROM (
        SELECT CASE WHEN paused_by IS NULL THEN state ELSE 'paused' END AS of, count(*)::int AS count FROM breaker GROUP BY 1) t) AS breakers`,
  });
  const [row] = rows;
  if (!row) throw new Error('A row of counts always comes.');
  return row;
}
