/** Items with some of their fields: who classifies by two of fifty reads two, where Prisma would read the whole of each item's JSON. */
import { storedItem } from '#lib/shapes/datasets.ts';
import type { Querying } from '#lib/store/postgres/db.ts';

/**
 * The items of a page (SQL in parentheses, with `ordinal` and `fields`) in the order of their ordinals, with the named fields only, null for all of them.
 * A field that an item does not have is left out.
 */
export async function namedItems(
  client: Querying,
  page: string,
  values: readonly unknown[],
  fields: readonly string[] | null,
): Promise<{ ordinal: number; fields: Record<string, string> }[]> {
  // A body of text is stored compressed: taken out once here, or once for every field that is read.
  const source = `SELECT ordinal, fields || '{}' AS fields FROM ${page} page ORDER BY ordinal`;
  if (fields === null) {
    const all = await client.query<{ ordinal: number; fields: unknown }>(source, [...values]);
    return all.rows.map(({ ordinal, fields: stored }) => ({ ordinal, fields: storedItem(stored) }));
  }
  const columns = fields.map((_, index) => `, fields ->> $${values.length + index + 1}::text`).join('');
  const { rows } = await client.query<[number, ...(string | null)[]]>({
    text: `SELECT ordinal${columns} FROM (${source} OFFSET 0) AS page ORDER BY ordinal`,
    values: [...values, ...fields],
    rowMode: 'array',
  });
  return rows.map((row) => ({ ordinal: row[0], fields: namedFields(fields, row) }));
}

/** @param row the ordinal, then a value for each name */
function namedFields(names: readonly string[], row: readonly (string | number | null)[]): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  names.forEach((name, index) => {
    const text = row[index + 1];
    if (typeof text === 'string') fields[name] = text;
  });
  return fields;
}

/** Some items of a dataset by their ordinals, with the named fields only. */
export function readNamed(
  client: Querying,
  { datasetId, ordinals }: { datasetId: string; ordinals: readonly number[] },
  fields: readonly string[],
): Promise<{ ordinal: number; fields: Record<string, string> }[]> {
  const page = '(SELECT ordinal, fields FROM item WHERE dataset_id = $1 AND ordinal = ANY ($2))';
  return namedItems(client, page, [datasetId, ordinals], fields);
}
