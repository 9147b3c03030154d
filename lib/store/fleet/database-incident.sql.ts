/** Of the database's own incident what Prisma's models have no words for: an advisory lock, and a guard over the heartbeats, which the database's clock judges. */
import type { Pool } from 'pg';
import { WORKER_GONE_MS } from '#lib/core/limits.ts';
import type { Tx } from '#lib/store/postgres/db.ts';

/** One at a time looks whether the incident is open and opens it, until the transaction ends. */
export async function lockDatabaseIncident(tx: Tx): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtext('database incident'))");
}

/** Resolves it once no worker that lives says that it meets a fault. */
export async function resolveDatabaseIncident(pool: Pool): Promise<void> {
  await pool.query(
    `UPDATE incident SET resolved_at = clock_timestamp() WHERE kind = 'database' AND resolved_at IS NULL
     AND NOT EXISTS (SELECT FROM worker WHERE fault IS NOT NULL AND heartbeat > clock_timestamp() - $1 * interval '1 millisecond')`,
    [WORKER_GONE_MS],
  );
}
