/** Targets that failed for everybody, as pages and the API tell of them: each once, however many chunks wait for it. */
import type { TargetIncident } from '#lib/shapes/fleet.ts';
import { readTargetIncidents } from '#lib/store/actions/breakers.sql.ts';
import type { db } from '#lib/store/postgres/db.ts';

/** The oldest first; only those that this batch, or this chunk of it, waits for when one is given. */
export async function readTargets(
  pool: ReturnType<typeof db>['pool'],
  which: { batchId?: string; chunk?: number } = {},
): Promise<TargetIncident[]> {
  const rows = await readTargetIncidents(pool, which);
  return rows.map(({ since, ...row }) => ({ ...row, since: since.toISOString() }));
}
