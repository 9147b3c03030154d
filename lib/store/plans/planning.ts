/** What planning and the preview read: a dataset's head, the keys of all its items, and some of their fields. */
import type { Pool } from 'pg';
import type { Tx } from '#lib/store/postgres/db.ts';
import { ITEM_BYTES, withinBytes } from '#lib/store/postgres/within-bytes.ts';

/** As ingest describes a field: its name, the type its values look like, how many are filled, the most frequent, and whether their texts sort. */
type DatasetField = {
  name: string;
  type: string;
  filled: number;
  top?: { value: string; count: number }[];
  iso?: string;
  odd?: string;
};

export type PlanningDataset = {
  id: string;
  name: string;
  state: string;
  format: string | null;
  fields: DatasetField[];
  itemCount: number;
};

/** The dataset, or null. */
export async function readPlanningDataset(pool: Pool | Tx, id: string): Promise<PlanningDataset | null> {
  const { rows } = await pool.query<PlanningDataset>(
    'SELECT id, name, state, format, fields, item_count AS "itemCount" FROM dataset WHERE id = $1',
    [id],
  );
  return rows[0] ?? null;
}

/** Rows a query: a million items are 50 round trips, and a page of keys is a few megabytes. */
const KEY_PAGE_ROWS = 20_000;

/**
 * Hands over the named fields of every item in the order of the ordinals; a field that an item does not have is null. Without
 * fields it reads ordinals alone. Never holds more than a page.
 */
export async function eachKey(
  pool: Pool,
  datasetId: string,
  fields: readonly string[],
  take: (ordinal: number, values: (string | null)[]) => void,
): Promise<void> {
  const columns = fields.map((_, index) => `, fields ->> $${index + 3}::text`).join('');
  const text = `SELECT ordinal${columns} FROM item WHERE dataset_id = $1 AND ordinal > $2 ORDER BY ordinal LIMIT ${KEY_PAGE_ROWS}`;
  for (let after = 0; ; ) {
    const { rows } = await pool.query<[number, ...(string | null)[]]>({
      text,
      values: [datasetId, after, ...fields],
      rowMode: 'array',
    });
    for (const [ordinal, ...values] of rows) take(ordinal, values);
    after = rows.at(-1)?.[0] ?? after;
    if (rows.length < KEY_PAGE_ROWS) return;
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
  // A body of text is stored compressed: taken out once here, or once for every field that is read.
  const page = `SELECT ordinal, fields, ${ITEM_BYTES} FROM item WHERE dataset_id = $1 AND ordinal > $2 ${which} ORDER BY ordinal LIMIT ${limit}`;
  const source = `SELECT ordinal, fields || '{}' AS fields FROM ${withinBytes(page)} page ORDER BY ordinal`;
  if (fields === null) {
    const { rows } = await pool.query<PlanningItem>(source, values);
    return rows;
  }
  const columns = fields.map((_, index) => `, fields ->> $${values.length + index + 1}::text`).join('');
  const { rows } = await pool.query<[number, ...(string | null)[]]>({
    text: `SELECT ordinal${columns} FROM (${source} OFFSET 0) AS page ORDER BY ordinal`,
    values: [...values, ...fields],
    rowMode: 'array',
  });
  return rows.map(([ordinal, ...texts]) => ({ ordinal, fields: namedFields(fields, texts) }));
}

function namedFields(names: readonly string[], texts: (string | null)[]): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  names.forEach((name, index) => {
    const text = texts[index];
    if (text !== null && text !== undefined) fields[name] = text;
  });
  return fields;
}
