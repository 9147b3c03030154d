/** The fleet as people see it. Leases, not these rows, decide who owns a chunk. */
import type { Pool } from 'pg';
import { DATABASE_FAULTS, type DatabaseFaultKind } from '#lib/core/fleet/database-fault.ts';
import { WORKER_GONE_MS } from '#lib/core/limits.ts';

/** Writes this worker's row with the database's clock. */
export async function recordWorker(
  pool: Pool,
  worker: { id: string; host: string; pid: number; state: 'idle' | 'busy' | 'draining'; fault: DatabaseFaultKind | null },
): Promise<void> {
  await pool.query(
    `INSERT INTO worker (id, host, pid, state, fault, heartbeat) VALUES ($1, $2, $3, $4, $5, clock_timestamp())
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, fault = excluded.fault, heartbeat = excluded.heartbeat`,
    [worker.id, worker.host, worker.pid, worker.state, worker.fault],
  );
}

/** The worst fault of the database that a worker that lives says it meets; null when all is well, and when no worker lives. */
export async function readDatabaseFault(pool: Pool): Promise<DatabaseFaultKind | null> {
  const { rows } = await pool.query<{ fault: DatabaseFaultKind }>(
    `SELECT fault FROM worker WHERE fault IS NOT NULL AND heartbeat > clock_timestamp() - $1 * interval '1 millisecond'
     ORDER BY array_position($2::text[], fault) DESC LIMIT 1`,
    [WORKER_GONE_MS, DATABASE_FAULTS],
  );
  return rows[0]?.fault ?? null;
}

/** Takes the row away when the worker ends in order. */
export async function forgetWorker(pool: Pool, id: string): Promise<void> {
  await pool.query('DELETE FROM worker WHERE id = $1', [id]);
}

/** Host and pid of these workers (`worker:<id>`), of those whose row is still there. */
export async function readWorkerNames(
  pool: Pool,
  ids: string[],
): Promise<Map<string, { id: string; host: string; pid: number }>> {
  const { rows } = await pool.query<{ id: string; host: string; pid: number }>(
    `SELECT 'worker:' || id AS id, host, pid FROM worker WHERE 'worker:' || id = ANY($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
