/** Server processes: whoever lost an answer of one finds out whether it can still commit. */
import type { Pool, PoolClient } from 'pg';

/** A server process: pids come round again, a pid with its start does not. */
export type Backend = { pid: number; started: string };

const backends = new WeakMap<PoolClient, Backend>();

/** The process that serves this connection. Asked once for each connection. */
export async function backendOf(client: PoolClient): Promise<Backend> {
  const known = backends.get(client);
  if (known) return known;
  const { rows } = await client.query<Backend>(
    'SELECT pid, backend_start::text AS started FROM pg_stat_activity WHERE pid = pg_backend_pid()',
  );
  const backend = rows[0];
  if (!backend) throw new Error('The connection was lost before it could be named.');
  backends.set(client, backend);
  return backend;
}

/** Whether that process is gone, and can't commit any more. `end`: it is ended if it is still there. */
export async function isGone(pool: Pool, { pid, started }: Backend, end: boolean): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT ${end ? 'pg_terminate_backend(pid)' : ''} FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2::timestamptz`,
    [pid, started],
  );
  return rowCount === 0;
}
