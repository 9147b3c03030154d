/** The one incident of the database itself: told as soon as it can be written, over when no worker meets a fault any more. */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { WORKER_GONE_MS } from '#lib/core/limits.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';

/**
 * Opens the incident, unless it is open: many workers meet one fault. `agoMs`: how long ago it began. Throws while the database takes no writes; whoever
 * tells it tries again.
 */
export async function openDatabaseIncident(pool: Pool, message: string, agoMs: number): Promise<void> {
  await inTransaction(pool, async (tx) => {
    // Two workers that tell it at once: the second sees the first one's row.
    await tx.query("SELECT pg_advisory_xact_lock(hashtext('database incident'))");
    await tx.query(
      `INSERT INTO incident (id, kind, message, opened_at) SELECT $1, 'database', $2, clock_timestamp() - $3 * interval '1 millisecond'
       WHERE NOT EXISTS (SELECT FROM incident WHERE kind = 'database' AND resolved_at IS NULL)`,
      [randomUUID(), message, agoMs],
    );
  });
}

/** Resolves it once no worker that lives says that it meets a fault. */
export async function resolveDatabaseIncident(pool: Pool): Promise<void> {
  await pool.query(
    `UPDATE incident SET resolved_at = clock_timestamp() WHERE kind = 'database' AND resolved_at IS NULL
     AND NOT EXISTS (SELECT FROM worker WHERE fault IS NOT NULL AND heartbeat > clock_timestamp() - $1 * interval '1 millisecond')`,
    [WORKER_GONE_MS],
  );
}
