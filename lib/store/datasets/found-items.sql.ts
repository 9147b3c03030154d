/**
 * The items of a dataset that hold a text or have certain values, and the values of one field, for sorting: windows of consecutive ordinals, each a statement
 * with a time of its own, so that nobody's search holds the database. A window's size follows how long the last one took, which Prisma has no words for.
 */
import type { Pool } from 'pg';
import { CountersignError } from '#lib/core/errors.ts';
import { sqlStateOf } from '#lib/core/fleet/database-fault.ts';
import { PAGE_BYTES, SEARCH_MS, SEARCH_SCAN_ITEMS, SEARCH_STATEMENT_MS } from '#lib/core/limits.ts';
import { storedItem } from '#lib/shapes/datasets.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { ITEM_BYTES, withinBytes } from '#lib/store/postgres/within-bytes.ts';
import type { ItemRow } from './items.sql.ts';

/**
 * `last`: the dataset's last ordinal. `texts`: each has to be in one of the values; the expression that finds it in a value, and the one that finds it in the JSON of
 * all of them, which is looked at first: it costs half as much.
 */
export type Wanted = {
  datasetId: string;
  last: number;
  texts: readonly { value: string; json: string }[];
  is: readonly { field: string; value: string }[];
};

/** How long is looked at most. `statementMs` is for one window. */
type Budget = { until: number; statementMs: number; ended?: AbortSignal };

export type FoundPage = {
  rows: ItemRow[];
  /** Up to which ordinal all were looked at; `last` when that was all. */
  looked: number;
};

/**
 * Those after an ordinal, in the order of the file: `limit` of them, or as many as are found within the budget, SEARCH_MS where none is given. A page may
 * therefore be short, or empty, while there is more to look through.
 */
export async function findItemPage(
  pool: Pool,
  wanted: Wanted,
  after: number,
  limit: number,
  budget: Budget = { until: performance.now() + SEARCH_MS, statementMs: SEARCH_STATEMENT_MS },
): Promise<FoundPage> {
  const rows: ItemRow[] = [];
  let bytes = 0;
  const looked = await scan(pool, wanted.last, after, budget, async (query, from, to) => {
    const { clause, values } = conditions(wanted, 4);
    const page = `SELECT ordinal, fields, ${ITEM_BYTES} FROM item
      WHERE dataset_id = $1 AND ordinal > $2 AND ordinal <= $3 AND ${clause} ORDER BY ordinal LIMIT $4`;
    const found = await query<{ ordinal: number; fields: unknown; bytes: number; total: number }>(
      `SELECT ordinal, fields, bytes, total FROM ${withinBytes(page)} page ORDER BY ordinal`,
      [wanted.datasetId, from, to, limit - rows.length, ...values],
    );
    for (const row of found) {
      rows.push({ ordinal: row.ordinal, fields: storedItem(row.fields) });
      bytes += row.bytes;
    }
    // What the window has beyond the page comes with the next one.
    const full = rows.length >= limit || bytes >= PAGE_BYTES || (found[0]?.total ?? 0) > found.length;
    return full ? { upTo: rows.at(-1)?.ordinal ?? to, goOn: false } : { upTo: to, goOn: true };
  });
  return { rows, looked };
}

/** A value by which its item is sorted; cut, for a cell can hold a megabyte. Null: the item has no such field. */
export type SortValue = { ordinal: number; value: string | null };

/**
 * The values of a field of all that is wanted, window by window.
 * @param each returns whether to go on
 * @returns whether all were looked at before the time was over
 */
export async function scanValues(
  pool: Pool,
  wanted: Wanted,
  field: string,
  until: number,
  each: (values: SortValue[]) => boolean,
): Promise<boolean> {
  const looked = await scan(pool, wanted.last, 0, { until, statementMs: SEARCH_STATEMENT_MS }, async (query, from, to) => {
    const { clause, values } = conditions(wanted, 4);
    const found = await query<SortValue>(
      `SELECT ordinal, left(fields ->> $4::text, ${SORT_VALUE_CHARS}) AS value FROM item
       WHERE dataset_id = $1 AND ordinal > $2 AND ordinal <= $3 AND ${clause} ORDER BY ordinal`,
      [wanted.datasetId, from, to, field, ...values],
    );
    return { upTo: to, goOn: each(found) };
  });
  return looked >= wanted.last;
}

/** These items, in the order in which they are named. Each is looked up by its key, or the planner may walk the whole dataset. */
export async function itemsAt(pool: Pool, datasetId: string, ordinals: readonly number[]): Promise<ItemRow[]> {
  const page = `SELECT n.place, n.ordinal, i.fields, i.bytes FROM unnest($2::int[]) WITH ORDINALITY n(ordinal, place)
    CROSS JOIN LATERAL (SELECT fields, ${ITEM_BYTES} FROM item WHERE dataset_id = $1 AND ordinal = n.ordinal OFFSET 0) i`;
  const { rows } = await pool.query<{ ordinal: number; fields: unknown }>(
    `SELECT ordinal, fields FROM ${withinBytes(page, 'place')} page ORDER BY place`,
    [datasetId, ordinals],
  );
  return rows.map(({ ordinal, fields }) => ({ ordinal, fields: storedItem(fields) }));
}

/** An item with its original bytes: at most `bytes` of them, and how many there are. Null: there is none. */
export async function readItemWithRaw(
  pool: Pool,
  datasetId: string,
  ordinal: number,
  bytes: number,
): Promise<(ItemRow & { raw: Buffer; rawBytes: number }) | null> {
  const { rows } = await pool.query<{ ordinal: number; fields: unknown; raw: Buffer; rawBytes: number }>(
    `SELECT ordinal, fields, substring(raw FOR $3) AS raw, octet_length(raw) AS "rawBytes" FROM item WHERE dataset_id = $1 AND ordinal = $2`,
    [datasetId, ordinal, bytes],
  );
  const row = rows[0];
  return row ? { ...row, fields: storedItem(row.fields) } : null;
}

const SORT_VALUE_CHARS = 200;
/** The first window: small, for rows can be large. */
const FIRST_WINDOW = 1_000;
/** What a window should take: several fit into a page's time. */
const WINDOW_MS = 200;
const STATEMENT_TIMED_OUT = '57014';

type Query = <Row extends object>(text: string, values: unknown[]) => Promise<Row[]>;
type Look = (query: Query, from: number, to: number) => Promise<{ upTo: number; goOn: boolean }>;

/** @returns up to which ordinal was looked */
async function scan(pool: Pool, last: number, after: number, { until, statementMs, ended }: Budget, look: Look): Promise<number> {
  let at = after;
  let size = FIRST_WINDOW;
  while (at < last) {
    const to = Math.min(at + size, last);
    const begun = performance.now();
    try {
      const { upTo, goOn } = await inTransaction(pool, async (tx) => {
        await tx.query(`SET LOCAL statement_timeout = ${statementMs}`);
        return look(async (text, values) => (await tx.query(text, values)).rows as never, at, to);
      });
      at = upTo;
      if (!goOn) return at;
    } catch (error) {
      if (sqlStateOf(error) !== STATEMENT_TIMED_OUT) throw error;
      // Rows of megabytes: fewer at once.
      if (size === 1) throw tooSlow(to, statementMs);
      size = Math.max(1, Math.floor(size / 10));
      continue;
    }
    const now = performance.now();
    // The next one takes as long as this one.
    if (now + (now - begun) > until || ended?.aborted) return at;
    if (now - begun < WINDOW_MS) size = Math.min(size * 2, SEARCH_SCAN_ITEMS);
    else if (now - begun > 2 * WINDOW_MS) size = Math.max(1, Math.floor(size / 2));
  }
  return at;
}

function tooSlow(ordinal: number, statementMs: number): CountersignError {
  return new CountersignError(
    'too_large',
    `Looking through row ${ordinal} alone takes longer than ${statementMs / 1000} s. Try again when the database has less to do.`,
  );
}

/** What of a wanted item has to hold, with the values of the parameters after `first`. */
function conditions({ texts, is }: Wanted, first: number): { clause: string; values: string[] } {
  const values: string[] = [];
  const param = (text: string) => `$${first + values.push(text)}::text`;
  const parts = is.map(({ field, value }) =>
    // An item that lacks a field has nothing in it.
    value === '' ? `coalesce(fields ->> ${param(field)}, '') = ''` : `fields ->> ${param(field)} = ${param(value)}`,
  );
  for (const { value, json } of texts) {
    parts.push(`fields::text ~ ${param(json)}`);
    parts.push(`EXISTS (SELECT FROM jsonb_each_text(fields) f WHERE f.value ~ ${param(value)})`);
  }
  return { clause: parts.length === 0 ? 'true' : parts.join(' AND '), values };
}
