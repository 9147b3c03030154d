/**
 * What workers did, in the few numbers that the board draws: written with their heartbeats, so that no line has to count receipts. In SQL, for the counts are added
 * up by the rows themselves (`ON CONFLICT` with what was there), in slots of the database's clock, and one statement writes all targets.
 */
import type { Pool } from 'pg';
import { TALLY_SECONDS } from '#lib/core/limits.ts';

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

/** Notes how large the database is, once an hour. Harmless when several do it. */
export async function noteDatabaseSize(pool: Pool): Promise<void> {
  await pool.query(
    `INSERT INTO database_size (hour, bytes)
     SELECT h.hour, pg_database_size(current_database()) FROM (SELECT date_trunc('hour', clock_timestamp()) AS hour) h
     WHERE NOT EXISTS (SELECT FROM database_size s WHERE s.hour = h.hour) ON CONFLICT DO NOTHING`,
  );
}
