/** The fleet as people see it. Leases, not these rows, decide who owns a chunk. */
import type { Pool } from 'pg';

/** Writes this worker's row with the database's clock. */
export async function recordWorker(
  pool: Pool,
  worker: { id: string; host: string; pid: number; chunkId: string | null },
): Promise<void> {
  await pool.query(
    `INSERT INTO worker (id, host, pid, state, chunk_id, heartbeat) VALUES ($1, $2, $3, $4, $5, clock_timestamp())
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, chunk_id = excluded.chunk_id, heartbeat = excluded.heartbeat`,
    [worker.id, worker.host, worker.pid, worker.chunkId === null ? 'idle' : 'busy', worker.chunkId],
  );
}

/** Takes the row away when the worker ends in order. */
export async function forgetWorker(pool: Pool, id: string): Promise<void> {
  await pool.query('DELETE FROM worker WHERE id = $1', [id]);
}
