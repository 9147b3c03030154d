/**
 * What planning and the preview read: a dataset's head, the keys of all its items, and some of their fields. Statements of our own: a million items are read in
 * pages that overlap on one connection, and only the fields that are named. All of it is asked in threads, where Prisma would cost each its first query: 0.2 s.
 */
import type { Pool } from 'pg';
import { type FieldProfile, storedFields } from '#lib/shapes/datasets.ts';
import { namedItems } from '#lib/store/datasets/named-items.sql.ts';
import type { Querying } from '#lib/store/postgres/db.ts';
import { ITEM_BYTES, withinBytes } from '#lib/store/postgres/within-bytes.ts';

export type PlanningDataset = {
  id: string;
  name: string;
  state: string;
  format: string | null;
  fields: FieldProfile[];
  itemCount: number;
  unreadableCount: number;
  /** as ingest detected it */
  dialect: unknown;
  deleted: boolean;
};

/** The dataset, or null. */
export async function readPlanningDataset(pool: Querying, id: string): Promise<PlanningDataset | null> {
  const { rows } = await pool.query<Omit<PlanningDataset, 'fields'> & { fields: unknown }>(
    'SELECT id, name, state, format, fields, item_count AS "itemCount", unreadable_count AS "unreadableCount", dialect, deleted_at IS NOT NULL AS deleted FROM dataset WHERE id = $1',
    [id],
  );
  const [row] = rows;
  return row ? { ...row, fields: storedFields(row.fields).value } : null;
}

/** Ordinals a query: a million items are 50 round trips, and a page of keys is a few megabytes. */
const KEY_PAGE_ORDINALS = 20_000;

/**
 * Hands over the named fields of every item that was not erased, in the order of the ordinals; a field that an item does not have is null. Without
 * fields it reads ordinals alone. Holds two pages at most: the database reads the next one while this one is taken.
 */
export async function eachKey(
  pool: Pool,
  datasetId: string,
  fields: readonly string[],
  take: (ordinal: number, values: (string | null)[]) => void,
): Promise<void> {
  const columns = fields.map((_, index) => `fields ->> $${index + 4}::text, `).join('');
  const text = `SELECT ${columns}ordinal FROM item WHERE dataset_id = $1 AND ordinal > $2 AND ordinal <= $3 AND erased_at IS NULL ORDER BY ordinal`;
  const client = await pool.connect();
  let fault: Error | undefined;
  try {
    const { rows } = await client.query<{ last: number }>(
      'SELECT coalesce(max(ordinal), 0) AS last FROM item WHERE dataset_id = $1',
      [datasetId],
    );
    const last = rows[0]?.last ?? 0;
    const pageAfter = (after: number) =>
      client.query<[...(string | null)[], number]>({
        ...{ name: `keys of ${fields.length}`, text, rowMode: 'array' as const },
        values: [datasetId, after, after + KEY_PAGE_ORDINALS, ...fields],
      });
    let next = pageAfter(0);
    for (let after = 0; after < last; after += KEY_PAGE_ORDINALS) {
      const page = await next;
      if (after + KEY_PAGE_ORDINALS < last) {
        next = pageAfter(after + KEY_PAGE_ORDINALS);
        // Whoever waits for it hears of a failure; until then it is not unhandled.
        next.catch(() => {});
      }
      // The ordinal comes last, where nobody looks for a value.
      for (const row of page.rows) take(row[fields.length] as number, row as (string | null)[]);
    }
    await next;
  } catch (error) {
    fault = error as Error;
    throw error;
  } finally {
    client.release(fault);
  }
}

export type PlanningItem = { ordinal: number; fields: Record<string, string> };

/**
 * A page of items with the named fields only (null: all of them), after an ordinal; an empty one was the last. `among` restricts to these ordinals, which the
 * caller gives ascending.
 */
export async function readItems(
  pool: Pool,
  datasetId: string,
  {
    fields,
    after,
    limit,
    among,
  }: { fields: readonly string[] | null; after: number; limit: number; among: readonly number[] | null },
): Promise<PlanningItem[]> {
  const which = among === null ? '' : 'AND ordinal = ANY($3::int[])';
  const values: unknown[] = among === null ? [datasetId, after] : [datasetId, after, among];
  const page = `SELECT ordinal, fields, ${ITEM_BYTES} FROM item WHERE dataset_id = $1 AND ordinal > $2 AND erased_at IS NULL ${which} ORDER BY ordinal LIMIT ${limit}`;
  return namedItems(pool, withinBytes(page), values, fields);
}
