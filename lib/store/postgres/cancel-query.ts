import type { Pool } from 'pg';

/** Ends the query that the server process of a lost client is at: it would only notice when it has an answer to send. */
export async function cancelQuery(pool: Pool, backend: number): Promise<void> {
  await pool.query('SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND usename = current_user', [backend]);
}
