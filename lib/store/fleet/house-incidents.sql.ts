/**
 * Of the incidents of the house itself what Prisma's models have no words for: a damaged file's own id, which opens its incident again only where it was over
 * (`ON CONFLICT` with a condition), and an end that is told by the database's clock and by when its server was started.
 */
import type { Pool } from 'pg';
import { WEB_INCIDENT_OPEN_MS } from '#lib/core/limits.ts';

/** Opens the incident of a damaged file, unless it is open: many meet it, in many processes. `file` is whatever names it. */
export async function openDamageIncident(pool: Pool, file: string, message: string): Promise<void> {
  // One row for a file, so that two who tell it at once need no lock.
  await pool.query(
    `INSERT INTO incident (id, kind, message, opened_at) VALUES (md5('damaged ' || $1)::uuid, 'damaged', $2, clock_timestamp())
     ON CONFLICT (id) DO UPDATE SET message = excluded.message, opened_at = excluded.opened_at, resolved_at = NULL
     WHERE incident.resolved_at IS NOT NULL`,
    [file, message],
  );
}

/**
 * Resolves what is over: a web server that was not replaced again for a while, and damage that was told of before the database was last started. Whoever
 * repairs or restores it has to stop it, and what is still damaged is told again as soon as somebody meets it.
 */
export async function resolveHouseIncidents(pool: Pool): Promise<void> {
  await pool.query(
    `UPDATE incident SET resolved_at = clock_timestamp() WHERE resolved_at IS NULL
     AND (kind = 'web' AND opened_at < clock_timestamp() - $1 * interval '1 millisecond'
          OR kind = 'damaged' AND opened_at < pg_postmaster_start_time())`,
    [WEB_INCIDENT_OPEN_MS],
  );
}
