/** What a connection bears, as whoever sends over it knows it: as it was a moment ago, for it is asked before every send. */
import { CONNECTION_LIMITS_KNOWN_MS } from '#lib/core/limits.ts';
import type { Bounds } from '#lib/store/connections/buckets.sql.ts';
import { readConnectionRow } from '#lib/store/connections/connections.ts';
import { db } from '#lib/store/postgres/db.ts';

const known = new Map<string, { until: number; bounds: Promise<Bounds | null> }>();

/** Null where nothing bounds it, and where it is gone: that is told where its secret is read. */
export function boundsOf(connectionId: string | null): Promise<Bounds | null> {
  if (connectionId === null) return Promise.resolve(null);
  const now = performance.now();
  const found = known.get(connectionId);
  if (found && found.until > now) return found.bounds;
  const bounds = read(connectionId);
  known.set(connectionId, { until: now + CONNECTION_LIMITS_KNOWN_MS, bounds });
  bounds.catch(() => known.delete(connectionId));
  return bounds;
}

async function read(connectionId: string): Promise<Bounds | null> {
  const row = await readConnectionRow(db(), connectionId);
  if (!row) return null;
  const { concurrency, windows } = row.limits;
  // Spread evenly, no window of any length holds more than its share.
  const rates = windows.map(({ requests, seconds }) => requests / seconds);
  const perSecond = rates.length === 0 ? null : Math.min(...rates);
  return perSecond === null && concurrency === null ? null : { connectionId, perSecond, concurrency };
}
