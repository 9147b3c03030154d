/**
 * Of workers what is judged by the database's clock in the statement itself: the heartbeat, which every worker writes each second, who lives by it, and what those
 * hold under live leases. Prisma's models have no words for `clock_timestamp()`, and a second statement would be one more for each heartbeat and each look. Of a worker also what it asks
 * each second and at its end: the first query of Prisma costs a process 0.3 s of a core, and a worker that executes needs none.
 */
import type { Pool } from 'pg';
import { DATABASE_FAULTS, type DatabaseFaultKind } from '#lib/core/fleet/database-fault.ts';
import { CHUNK_OWNED, stateList } from '#lib/core/lifecycle.ts';
import { WORKER_GONE_MS } from '#lib/core/limits.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

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

export type WorkerNow = {
  id: string;
  host: string;
  pid: number;
  state: 'idle' | 'busy' | 'draining' | 'gone';
  /** those that it owns under a live lease, the oldest claim first */
  chunks: {
    batch: string;
    batchName: string;
    number: number;
    state: 'classifying' | 'executing';
    since: string;
    inFlight: number;
  }[];
  heartbeat: Date;
  heartbeatAgeMs: number;
};

/** Workers heard of within the last hour, those that are gone last. One that has been silent for WORKER_GONE_MS is gone, whatever its row says. */
export async function readWorkersNow(pool: Pool): Promise<WorkerNow[]> {
  const { rows } = await pool.query<WorkerNow>({
    name: 'workers-now',
    text: `SELECT w.id, w.host, w.pid, w.heartbeat, w.age AS "heartbeatAgeMs",
       CASE WHEN w.age > $1 THEN 'gone' WHEN w.wish IS NOT NULL OR w.state = 'draining' THEN 'draining'
            WHEN c.chunks IS NULL THEN 'idle' ELSE 'busy' END AS state,
       CASE WHEN w.age > $1 OR c.chunks IS NULL THEN '[]' ELSE c.chunks END AS chunks
     FROM (SELECT *, greatest(0, extract(epoch FROM clock_timestamp() - heartbeat) * 1000)::float8 AS age FROM worker) w
     LEFT JOIN (
       SELECT c.lease_owner, json_agg(json_build_object('batch', b.id, 'batchName', b.name, 'number', c.number, 'state', c.state,
         'since', to_char(coalesce(c.claimed_at, c.updated_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'inFlight', c.in_flight)
         ORDER BY c.claimed_at, c.batch_id, c.number) AS chunks
       FROM chunk c JOIN batch b ON b.id = c.batch_id
       WHERE c.state IN (${stateList(CHUNK_OWNED)}) AND c.lease_until > clock_timestamp() GROUP BY c.lease_owner) c ON c.lease_owner = w.id
     WHERE w.age < 3600000 ORDER BY w.age > $1, w.host, w.pid, w.id`,
    values: [WORKER_GONE_MS],
  });
  return rows;
}

/**
 * Leaves it for a worker that lives. What was asked last holds, but whoever is to stop is not made to wait again. Gives what is asked of it now; null
 * when it is gone.
 */
export async function wishOf(client: Querying, workerId: string, wish: 'drain' | 'stop'): Promise<'drain' | 'stop' | null> {
  const { rows } = await client.query<{ wish: 'drain' | 'stop' }>(
    `UPDATE worker SET wish = CASE wish WHEN 'stop' THEN wish ELSE $2 END
     WHERE id = $1 AND heartbeat > clock_timestamp() - $3 * interval '1 millisecond' RETURNING wish`,
    [workerId, wish, WORKER_GONE_MS],
  );
  return rows[0]?.wish ?? null;
}

/** What an admin asked of this worker; null when nothing. */
export async function readWish(pool: Pool, id: string): Promise<'drain' | 'stop' | null> {
  const { rows } = await pool.query<{ wish: 'drain' | 'stop' | null }>('SELECT wish FROM worker WHERE id = $1', [id]);
  return rows[0]?.wish ?? null;
}

/** Takes the row away when the worker ends in order. */
export async function forgetWorker(pool: Pool, id: string): Promise<void> {
  await pool.query('DELETE FROM worker WHERE id = $1', [id]);
}
