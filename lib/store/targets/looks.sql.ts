/** What is there now in the database of somebody else, in transactions that only read. */
import { TARGET_LOCK_MS, TARGET_STATEMENT_MS } from '#lib/core/limits.ts';
import { AS_TEXT, type Image, images, matches, type TargetClient } from './effects.sql.ts';
import { EFFECTS, quoted, quotedTable, type TableName, triggersOf } from './names.ts';

/** Runs `read` in a transaction that can't change anything. */
export async function readOnly<T>(client: TargetClient, read: () => Promise<T>): Promise<T> {
  await client.query(
    `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${AS_TEXT} SET LOCAL statement_timeout = ${TARGET_STATEMENT_MS}; SET LOCAL lock_timeout = ${TARGET_LOCK_MS}`,
  );
  const found = await read();
  await client.query('ROLLBACK');
  return found;
}

/** The first two rows that have this key. */
export function readRows(client: TargetClient, table: TableName, key: Record<string, string | null>): Promise<Image[]> {
  const names = Object.keys(key);
  return images(client, `SELECT t.* FROM ${quotedTable(table)} AS t WHERE ${matches(names)} LIMIT 2`, Object.values(key));
}

/** Whether the row of this key is as it was read, and what its columns would be: each value as its column's type writes it. */
export async function readPlanned(
  client: TargetClient,
  table: TableName,
  { key, only, set }: { key: Record<string, string>; only: Image; set: Image },
): Promise<{ asRead: boolean; will: Image }> {
  const values: (string | null)[] = Object.values(key);
  const names = Object.keys(set);
  const typed = names.map(
    (name) => `(CASE WHEN true THEN $${values.push(set[name] ?? null)} ELSE t.${quoted(name)} END) AS ${quoted(name)}`,
  );
  const holds = Object.entries(only).map(([name, value]) => `t.${quoted(name)} IS NOT DISTINCT FROM $${values.push(value)}`);
  const [row = {}] = await images(
    client,
    `SELECT ${[...typed, `(${holds.join(' AND ') || 'true'})::text AS "countersign as read"`].join(', ')} FROM ${quotedTable(table)} AS t
     WHERE ${matches(Object.keys(key))} LIMIT 1`,
    values,
  );
  const { 'countersign as read': asRead, ...will } = row;
  return { asRead: asRead === 'true', will };
}

/** The triggers and rules of a table, by name. */
export async function readTriggers(client: TargetClient, table: TableName): Promise<string[]> {
  const [row = {}] = await images(client, `SELECT ${triggersOf('to_regclass($1)')} AS triggers`, [quotedTable(table)]);
  return JSON.parse(row.triggers ?? '[]') as string[];
}

/** What is kept of an effect, to put it back; null where nothing is. */
export async function readKept(
  client: TargetClient,
  key: string,
): Promise<{ did: string | null; before: Image | null; after: Image | null; undone: boolean } | null> {
  const [row] = await images(
    client,
    `SELECT e.did, e.before::text AS before, e.after::text AS after, (EXISTS (SELECT FROM ${EFFECTS} u WHERE u.undoes = e.key))::text AS undone
     FROM ${EFFECTS} e WHERE e.key = $1 AND e.result = 'done'`,
    [key],
  );
  if (!row) return null;
  const image = (json: string | null | undefined): Image | null => (json ? (JSON.parse(json) as Image) : null);
  return { did: row.did ?? null, before: image(row.before), after: image(row.after), undone: row.undone === 'true' };
}
