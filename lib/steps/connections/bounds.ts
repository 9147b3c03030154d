/** What a connection bears, as it is now: it is asked before every send. */
import type { Bounds } from '#lib/store/connections/buckets.sql.ts';
import { readConnectionRow } from '#lib/store/connections/connections.ts';
import { db } from '#lib/store/postgres/db.ts';

/** Null where nothing bounds it, and where it is gone: that is told where its secret is read. */
export async function boundsOf(connectionId: string | null): Promise<Bounds | null> {
  const row = connectionId === null ? null : await readConnectionRow(db(), connectionId);
  if (connectionId === null || row === null) return null;
  const { concurrency, windows } = row.limits;
  // Spread evenly, no window of any length holds more than its share.
  const rates = windows.map(({ requests, seconds }) => requests / seconds);
  const perSecond = rates.length === 0 ? null : Math.min(...rates);
  return perSecond === null && concurrency === null ? null : { connectionId, perSecond, concurrency };
}
