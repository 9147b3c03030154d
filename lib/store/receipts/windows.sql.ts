/**
 * Looking through receipts that no index finds: window by window, each a statement with a time of its own, so that nobody's question holds the database. A
 * window's size follows how long the last one took.
 */
import type { Pool } from 'pg';
import { sqlStateOf } from '#lib/core/fleet/database-fault.ts';
import { RECEIPTS_LOOK_MAX, SEARCH_STATEMENT_MS } from '#lib/core/limits.ts';
import { inTransaction, type Querying } from '#lib/store/postgres/db.ts';

/** What one window gave: where to go on, null at the end; `enough` ends the looking. */
export type Looked<Spot> = { next: Spot | null; enough: boolean };

/** How long is looked, by the monotonic clock; how many the first window looks at; how long one statement may take; and who ends it before. */
export type Windows = { until: number; first?: number; statementMs?: number; ended?: AbortSignal | undefined };

/** The first window: small, for a value can be long. */
const FIRST_WINDOW = 1_000;
/** What a window should take: several fit into the time of a page. */
const WINDOW_MS = 40;
const STATEMENT_TIMED_OUT = '57014';

/**
 * Looks from a spot on, until there is enough, or nothing more, or the time is over.
 * @returns where the next page goes on; null: that was all
 */
export async function inWindows<Spot>(
  pool: Pool,
  from: Spot,
  { until, first = FIRST_WINDOW, statementMs = SEARCH_STATEMENT_MS, ended }: Windows,
  look: (tx: Querying, from: Spot, size: number) => Promise<Looked<Spot>>,
): Promise<Spot | null> {
  let at = from;
  for (let size = first; ; ) {
    const begun = performance.now();
    try {
      const { next, enough } = await inTransaction(pool, async (tx) => {
        await tx.query(`SET LOCAL statement_timeout = ${statementMs}`);
        return look(tx, at, size);
      });
      if (next === null || enough) return next;
      at = next;
    } catch (error) {
      if (sqlStateOf(error) !== STATEMENT_TIMED_OUT || size === 1) throw error;
      // Values of megabytes: fewer at once.
      size = Math.max(1, Math.floor(size / 10));
      continue;
    }
    const now = performance.now();
    if (now >= until || ended?.aborted) return at;
    if (now - begun < WINDOW_MS) size = Math.min(size * 2, RECEIPTS_LOOK_MAX);
    else if (now - begun > 2 * WINDOW_MS) size = Math.max(1, Math.floor(size / 2));
  }
}
