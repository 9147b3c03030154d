/**
 * Items by the values of their receipt fields, in one batch: along the key of these values, window by window, for no index finds a text inside a text that every
 * PostgreSQL has.
 */
import type { Pool } from 'pg';
import { inWindows, type Windows } from './windows.sql.ts';

export type Place = { chunk: number; seq: number };

export type SearchedBatch = {
  /** the items that were found, each once, by the place of its first intent */
  items: (Place & { ordinal: number })[];
  /** how many receipts with values were looked at */
  looked: number;
  /** where to go on; null: that was all of it */
  next: Place | null;
};

/** `patterns`: regular expressions, each of which has to be in one of the values of a receipt. */
type Wanted = { batchId: string; fields: readonly string[]; patterns: readonly string[] };

/** Up to `limit` items after a place, or as many as are found within the time. */
export async function searchValues(
  pool: Pool,
  { batchId, fields, patterns }: Wanted,
  after: Place,
  { limit, ...windows }: Windows & { limit: number },
): Promise<SearchedBatch> {
  const searched: SearchedBatch = { items: [], looked: 0, next: null };
  const every = patterns.map((_, index) => `bool_or(named AND value ~ $${index + 8})`).join(' AND ');
  searched.next = await inWindows<Place>(pool, after, windows, async (tx, from, size) => {
    // A window ends with all values of a receipt.
    const { rows: ends } = await tx.query<Place>(
      'SELECT chunk, seq FROM receipt_value WHERE batch_id = $1 AND (chunk, seq) > ($2, $3) ORDER BY chunk, seq OFFSET $4 LIMIT 1',
      [batchId, from.chunk, from.seq, size - 1],
    );
    const end = ends[0] ?? LAST;
    const left = limit - searched.items.length;
    const { rows } = await tx.query<{ chunk: number | null; seq: number; ordinal: number | null; looked: number }>(
      `WITH looked AS MATERIALIZED (
         SELECT chunk, seq, ${every} AS holds FROM (
           SELECT chunk, seq, value, field = ANY($6) AS named FROM receipt_value
           WHERE batch_id = $1 AND (chunk, seq) > ($2, $3) AND (chunk, seq) <= ($4, $5)) of_window
         GROUP BY chunk, seq
       ), hit AS MATERIALIZED (SELECT chunk, seq FROM looked WHERE holds ORDER BY chunk, seq LIMIT $7)
       SELECT hit.chunk, hit.seq, i.ordinal, (SELECT count(*)::int FROM looked) AS looked
       FROM (SELECT) one LEFT JOIN hit ON true
       LEFT JOIN LATERAL (
         SELECT r.ordinal FROM receipt r WHERE r.batch_id = $1 AND r.chunk = hit.chunk AND r.seq = hit.seq AND r.kind = 'intent'
           AND (SELECT true FROM receipt earlier WHERE earlier.batch_id = $1 AND earlier.ordinal = r.ordinal AND earlier.step < r.step
             AND earlier.kind = 'intent' LIMIT 1) IS NULL) i ON true
       ORDER BY hit.chunk, hit.seq`,
      [batchId, from.chunk, from.seq, end.chunk, end.seq, fields, left, ...patterns],
    );
    for (const { chunk, seq, ordinal } of rows)
      if (chunk !== null && ordinal !== null) searched.items.push({ chunk, seq, ordinal });
    searched.looked += rows[0]?.looked ?? 0;
    const last = rows.at(-1);
    // A full page may have ended before its window.
    const full = rows.length >= left && last !== undefined && last.chunk !== null;
    const next = full ? { chunk: last.chunk ?? 0, seq: last.seq } : end === LAST ? null : end;
    return { next, enough: searched.items.length >= limit };
  });
  return searched;
}

/** Behind every receipt. */
const LAST: Place = { chunk: 2 ** 31 - 1, seq: 2 ** 31 - 1 };

/** The last receipt of each of these items, by item. */
export async function readLastPlaces(pool: Pool, batchId: string, ordinals: readonly number[]): Promise<Map<number, Place>> {
  const { rows } = await pool.query<Place & { ordinal: number }>(
    `SELECT o.ordinal, last.chunk, last.seq FROM unnest($2::int[]) AS o(ordinal)
     CROSS JOIN LATERAL (SELECT chunk, seq FROM receipt WHERE batch_id = $1 AND ordinal = o.ordinal ORDER BY step DESC LIMIT 1) last`,
    [batchId, ordinals],
  );
  return new Map(rows.map(({ ordinal, chunk, seq }) => [ordinal, { chunk, seq }]));
}
