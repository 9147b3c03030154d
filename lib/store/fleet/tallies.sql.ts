/** What workers did, in the few numbers that the board draws: written with their heartbeats, so that no line has to count receipts. */
import type { Pool } from 'pg';
import { DATABASE_SIZES_KEEP_DAYS, TALLIES_KEEP_HOURS, TALLY_SECONDS, WORKER_GONE_MS } from '#lib/core/limits.ts';
import type { Tx } from '#lib/store/postgres/db.ts';

type Tally = {
  receipts: number;
  classified: number;
  targets: ReadonlyMap<string, { requests: number; failed: number; latencies: readonly number[] }>;
};

/** Adds it to the worker's ten seconds, and minute, of the database's clock. */
export async function writeTally(pool: Pool, workerId: string, { receipts, classified, targets }: Tally): Promise<void> {
  const names = [...targets.keys()];
  const tallies = [...targets.values()];
  await pool.query({
    name: 'write-tally',
    text: WRITE,
    values: [
      ...[workerId, receipts, classified, names, tallies.map(({ requests }) => requests), tallies.map(({ failed }) => failed)],
      tallies.map(({ latencies }) => `{${latencies.join(',')}}`),
    ],
  });
}

const SLOT = `date_bin('${TALLY_SECONDS} seconds', clock_timestamp(), 'epoch')`;

const WRITE = `
WITH activity AS (
  INSERT INTO worker_tally (at, worker_id, receipts, classified)
  SELECT ${SLOT}, $1::uuid, $2::int, $3::int WHERE $2::int + $3::int > 0
  ON CONFLICT (at, worker_id) DO UPDATE
  SET receipts = worker_tally.receipts + excluded.receipts, classified = worker_tally.classified + excluded.classified
)
INSERT INTO target_tally (minute, target, worker_id, requests, failed, latencies)
SELECT date_trunc('minute', clock_timestamp()), t.target, $1::uuid, t.requests, t.failed, t.latencies::int[]
FROM unnest($4::text[], $5::int[], $6::int[], $7::text[]) AS t(target, requests, failed, latencies)
ON CONFLICT (minute, target, worker_id) DO UPDATE
SET requests = target_tally.requests + excluded.requests, failed = target_tally.failed + excluded.failed,
  latencies = ARRAY(SELECT coalesce(u.a, 0) + coalesce(u.b, 0)
                    FROM unnest(target_tally.latencies, excluded.latencies) WITH ORDINALITY AS u(a, b, n) ORDER BY u.n)`;

/** What an admin asked of this worker; null when nothing. */
export async function readWish(pool: Pool, workerId: string): Promise<'drain' | 'stop' | null> {
  const { rows } = await pool.query<{ wish: 'drain' | 'stop' | null }>('SELECT wish FROM worker WHERE id = $1', [workerId]);
  return rows[0]?.wish ?? null;
}

/**
 * Leaves it for a worker that lives. What was asked last holds, but whoever is to stop is not made to wait again. Gives what is asked of it now; null
 * when it is gone.
 */
export async function wishOf(client: Tx, workerId: string, wish: 'drain' | 'stop'): Promise<'drain' | 'stop' | null> {
  const { rows } = await client.query<{ wish: 'drain' | 'stop' }>(
    `UPDATE worker SET wish = CASE wish WHEN 'stop' THEN wish ELSE $2 END
     WHERE id = $1 AND heartbeat > clock_timestamp() - $3 * interval '1 millisecond' RETURNING wish`,
    [workerId, wish, WORKER_GONE_MS],
  );
  return rows[0]?.wish ?? null;
}

/** Notes how large the database is, once an hour, and takes away what is too old for any line. Harmless when several do it. */
export async function keepTallies(pool: Pool): Promise<void> {
  await pool.query(
    `INSERT INTO database_size (hour, bytes)
     SELECT h.hour, pg_database_size(current_database()) FROM (SELECT date_trunc('hour', clock_timestamp()) AS hour) h
     WHERE NOT EXISTS (SELECT FROM database_size s WHERE s.hour = h.hour) ON CONFLICT DO NOTHING`,
  );
  await pool.query("DELETE FROM worker_tally WHERE at < clock_timestamp() - $1 * interval '1 hour'", [TALLIES_KEEP_HOURS]);
  await pool.query("DELETE FROM target_tally WHERE minute < clock_timestamp() - $1 * interval '1 hour'", [TALLIES_KEEP_HOURS]);
  await pool.query("DELETE FROM database_size WHERE hour < clock_timestamp() - $1 * interval '1 day'", [
    DATABASE_SIZES_KEEP_DAYS,
  ]);
}
