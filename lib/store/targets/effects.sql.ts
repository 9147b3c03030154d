/**
 * One action in the database of somebody else: its effect and its row in `countersign_effects` are one transaction of that database, under the action's key. So a
 * key has one effect, and whoever asks for the key finds out whether it had it (docs/sql.md).
 */
import { createHash } from 'node:crypto';
import { TARGET_IDLE_IN_TRANSACTION_MS, TARGET_LOCK_MS, TARGET_STATEMENT_MS } from '#lib/core/limits.ts';
import { canonicalBytes } from '#lib/ledger/canonical.ts';
import { EFFECTS, quoted, quotedTable, type TableName } from './names.ts';

/** A connection whose values are texts. */
export type TargetClient = {
  query(asked: string | { text: string; values?: unknown[]; rowMode: 'array' }): Promise<Answered | Answered[]>;
};
type Answered = { command: string; rowCount: number | null; rows: (string | null)[][]; fields: { name: string }[] };

/** A row as PostgreSQL writes each of its values; null is NULL. */
export type Image = Record<string, string | null>;

/** The statement that was approved, and what is read before it. */
type Change = {
  do: 'update' | 'insert' | 'delete';
  table: TableName;
  /** which row; none where one is inserted */
  key: Record<string, string>;
  /** more that the row must be: then a row that is there and is otherwise is told apart from one that is not there */
  only: Image;
  statement: string;
  parameters: readonly (string | null)[];
  /** rows that refer to a deleted one may go with it, or be changed */
  cascade: boolean;
};

/** What takes an effect back, by what was kept of it. */
type PutBack = {
  do: 'put_back';
  table: TableName;
  /** the key of that effect */
  undoes: string;
  /** the SHA-256 of what was there before it, by its receipt; null where that does not say so */
  before: string | null;
  /** the columns that say which row it is; none: the table's primary key */
  key: readonly string[];
  /** the columns that were set: they must be what they were */
  set: readonly string[];
};

type Did = 'update' | 'insert' | 'delete';

/** What became of the key. `refused`: nothing happened; where somebody may still send it, that is written down, so that nothing ever will. */
export type Told =
  | { result: 'done'; did: Did; before: Image | null; after: Image | null }
  | { result: 'refused'; reason: string; detail: string | null };

export type Asked = {
  /** 32 hex digits */
  key: string;
  /** SHA-256 of the frozen request, in hex */
  digest: string;
  request: Change | PutBack;
  /** somebody may have sent it before, or may still send it: what is not done is then written down, so that it never will be */
  mayHaveActed: boolean;
  /** The refusal that an error of the server is; null for one that passes, or that is none. */
  refusalOf(error: unknown): { reason: string; detail: string | null } | null;
  /** Told just before the COMMIT: from then on nobody knows until it is answered. Throws where it may not be sent any more. */
  committing(): void;
};

/** Nothing happened: the transaction is rolled back, or the refusal of its key is written down. */
class Refusal extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** The server rolled back what it was asked to commit. */
export class RolledBack extends Error {}

/** Carries the request out once. Throws what the driver throws: before `committing` was called, certainly nothing happened. */
export async function carryOut(client: TargetClient, asked: Asked): Promise<Told> {
  await begin(client, asked.key);
  const earlier = await readEffect(client, asked.key);
  if (earlier) {
    await client.query('ROLLBACK');
    return earlier.digest === asked.digest ? earlier.told : { result: 'refused', reason: 'key_of_another', detail: null };
  }
  if (asked.mayHaveActed) await client.query('SAVEPOINT effect');
  let told: Told;
  try {
    told = asked.request.do === 'put_back' ? await putBack(client, asked.request) : await change(client, asked.request);
  } catch (error) {
    const refusal = error instanceof Refusal ? { reason: error.reason, detail: null } : asked.refusalOf(error);
    if (refusal === null) throw error;
    told = { result: 'refused', ...refusal };
    await client.query(asked.mayHaveActed ? 'ROLLBACK TO SAVEPOINT effect' : 'ROLLBACK');
    if (!asked.mayHaveActed) return told;
  }
  await record(client, asked, told);
  asked.committing();
  const [ended] = await answers(client, 'COMMIT');
  if (ended?.command !== 'COMMIT') throw new RolledBack('The transaction was rolled back.');
  return told;
}

/**
 * What became of a key. Whoever still works under it is waited for; where it has no effect then, that is written down: it never will. Throws what the driver throws, and
 * then nothing is known.
 */
export async function settleKey(client: TargetClient, asked: Pick<Asked, 'key' | 'digest' | 'request'>): Promise<Told> {
  await begin(client, asked.key);
  const earlier = await readEffect(client, asked.key);
  if (earlier) {
    await client.query('ROLLBACK');
    return earlier.told;
  }
  const told = { result: 'refused', reason: 'asked_first', detail: null } as const;
  await record(client, asked, told);
  const [ended] = await answers(client, 'COMMIT');
  if (ended?.command !== 'COMMIT') throw new RolledBack('The transaction was rolled back.');
  return told;
}

/**
 * Everything that a text means goes by these settings, whatever the role's own are. The lock lets one transaction at a time work under a key, and is gone with
 * its connection. A role that does not wait for the disk would tell of commits that a crash takes back.
 */
async function begin(client: TargetClient, key: string): Promise<void> {
  if (!/^[0-9a-f]{32}$/.test(key)) throw new Error('This is not the key of an action.');
  const lock = BigInt.asIntN(64, BigInt(`0x${key.slice(0, 16)}`));
  await client.query(
    `BEGIN ISOLATION LEVEL READ COMMITTED; ${AS_TEXT} SET LOCAL statement_timeout = ${TARGET_STATEMENT_MS}; SET LOCAL lock_timeout = ${TARGET_LOCK_MS};
     SET LOCAL idle_in_transaction_session_timeout = ${TARGET_IDLE_IN_TRANSACTION_MS};
     SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';
     SELECT pg_advisory_xact_lock(${lock})`,
  );
}

/** How values are written as texts, and texts read as values. */
export const AS_TEXT =
  "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex';";

type Effect = { digest: string; told: Told };

async function readEffect(client: TargetClient, key: string): Promise<Effect | null> {
  const [row] = await images(
    client,
    `SELECT result, did, reason, request, before::text AS before, after::text AS after FROM ${EFFECTS} WHERE key = $1`,
    [key],
  );
  if (!row) return null;
  const digest = row.request ?? '';
  if (row.result !== 'done') return { digest, told: { result: 'refused', reason: row.reason ?? 'asked_first', detail: null } };
  return { digest, told: { result: 'done', did: row.did as Did, before: imageOf(row.before), after: imageOf(row.after) } };
}

function imageOf(json: string | null | undefined): Image | null {
  return json === null || json === undefined ? null : (JSON.parse(json) as Image);
}

async function record(
  client: TargetClient,
  { key, digest, request }: Pick<Asked, 'key' | 'digest' | 'request'>,
  told: Told,
): Promise<void> {
  const done = told.result === 'done' ? told : null;
  const undoes = done && request.do === 'put_back' ? request.undoes : null;
  const json = (image: Image | null | undefined): string | null => (image ? JSON.stringify(image) : null);
  await rows(
    client,
    `INSERT INTO ${EFFECTS} (key, result, did, reason, request, about, undoes, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9::jsonb)`,
    [
      ...[key, told.result, done?.did ?? null, told.result === 'refused' ? told.reason : null, digest],
      ...[`${request.table.schema}.${request.table.name}`, undoes, json(done?.before), json(done?.after)],
    ],
  );
}

async function change(client: TargetClient, asked: Change): Promise<Told> {
  const { table, statement, parameters } = asked;
  if (asked.do === 'insert') {
    const made = await images(client, statement, parameters);
    return { result: 'done', did: 'insert', before: null, after: one(made, 'row_not_made') };
  }
  if (asked.do === 'delete' && !asked.cascade) await assertAlone(client, table);
  // What is there now, held: no row is changed that was not looked at.
  const found = await images(
    client,
    `SELECT t.* FROM ${quotedTable(table)} AS t WHERE ${matches(Object.keys(asked.key))} LIMIT 2${asked.do === 'update' ? ' FOR NO KEY UPDATE' : ''}`,
    Object.values(asked.key),
  );
  const before = one(found, 'no_row');
  const changed = await images(client, statement, parameters);
  const row = one(changed, Object.keys(asked.only).length > 0 ? 'not_as_read' : 'no_row');
  // A delete says itself what it took: between the look and it the row may have become another.
  return asked.do === 'update'
    ? { result: 'done', did: 'update', before, after: row }
    : { result: 'done', did: 'delete', before: row, after: null };
}

/** Throws where the row is not there, or is not alone. */
function one(found: readonly Image[], none: string): Image {
  const [row] = found;
  if (found.length === 1 && row) return row;
  throw new Refusal(found.length === 0 ? none : 'several_rows');
}

/** Throws where a delete could take or change more than its row. */
async function assertAlone(client: TargetClient, table: TableName): Promise<void> {
  const found = await rows(
    client,
    `SELECT 1 FROM pg_catalog.pg_constraint WHERE contype = 'f' AND confdeltype IN ('c', 'n', 'd') AND confrelid = $1::regclass LIMIT 1`,
    [quotedTable(table)],
  );
  if (found.length > 0) throw new Refusal('would_cascade');
}

async function putBack(client: TargetClient, asked: PutBack): Promise<Told> {
  const effect = (await readEffect(client, asked.undoes))?.told;
  if (effect?.result !== 'done') throw new Refusal('nothing_kept');
  const { did, before, after } = effect;
  if (asked.before !== null && imageDigest(before) !== asked.before) throw new Refusal('kept_otherwise');
  const undone = await rows(client, `SELECT 1 FROM ${EFFECTS} WHERE undoes = $1`, [asked.undoes]);
  if (undone.length > 0) throw new Refusal('undone_already');
  const columns = await readColumns(client, asked.table);
  if (did === 'delete')
    return { result: 'done', did: 'insert', before: null, after: await insertAgain(client, asked, before ?? {}, columns) };
  const key = asked.key.length > 0 ? asked.key : columns.filter(({ primary }) => primary).map(({ name }) => name);
  if (key.length === 0) throw new Refusal('no_primary_key');
  const now = await heldAsLeft(client, asked.table, key, after ?? {});
  if (did === 'insert') {
    await assertAlone(client, asked.table);
    await images(
      client,
      `DELETE FROM ${quotedTable(asked.table)} AS t WHERE ${matches(key)} RETURNING t.*`,
      key.map((name) => now[name]),
    );
    return { result: 'done', did: 'delete', before: now, after: null };
  }
  const restored = await setBack(client, asked, { key, now, before: before ?? {}, columns });
  return { result: 'done', did: 'update', before: now, after: restored };
}

/** The row, held, if it is still as the effect left it. A column that came since changes nothing. */
async function heldAsLeft(client: TargetClient, table: TableName, key: readonly string[], left: Image): Promise<Image> {
  const values = key.map((name) => left[name] ?? null);
  const found = await images(
    client,
    `SELECT t.* FROM ${quotedTable(table)} AS t WHERE ${matches(key)} LIMIT 2 FOR UPDATE`,
    values,
  );
  const now = one(found, 'changed_since');
  if (Object.entries(left).some(([name, value]) => now[name] !== value)) throw new Refusal('changed_since');
  return now;
}

type Column = { name: string; generated: boolean; primary: boolean };

/** What was set is set back, and what a trigger changed beside it as far as the trigger lets it. */
async function setBack(
  client: TargetClient,
  { table, set }: PutBack,
  { key, now, before, columns }: { key: readonly string[]; now: Image; before: Image; columns: readonly Column[] },
): Promise<Image> {
  const own = new Set(columns.filter(({ generated }) => !generated).map(({ name }) => name));
  const names = Object.keys(before).filter((name) => own.has(name) && now[name] !== before[name]);
  if (names.length === 0) return now;
  const sets = names.map((name, index) => `${quoted(name)} = $${index + 1}`).join(', ');
  const restored = one(
    await images(client, `UPDATE ${quotedTable(table)} AS t SET ${sets} WHERE ${matches(key, names.length)} RETURNING t.*`, [
      ...names.map((name) => before[name]),
      ...key.map((name) => now[name]),
    ]),
    'changed_since',
  );
  if (set.some((name) => restored[name] !== before[name])) throw new Refusal('not_restored');
  return restored;
}

/** All of the row, also what the table counts by itself; what it works out by itself must come to the same. */
async function insertAgain(client: TargetClient, { table }: PutBack, before: Image, columns: readonly Column[]): Promise<Image> {
  const own = new Set(columns.filter(({ generated }) => !generated).map(({ name }) => name));
  const names = Object.keys(before).filter((name) => own.has(name));
  const places = names.map((_, index) => `$${index + 1}`).join(', ');
  const made = one(
    await images(
      client,
      `INSERT INTO ${quotedTable(table)} AS t (${names.map(quoted).join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${places}) RETURNING t.*`,
      names.map((name) => before[name]),
    ),
    'not_restored',
  );
  if (Object.entries(before).some(([name, value]) => made[name] !== value)) throw new Refusal('not_restored');
  return made;
}

async function readColumns(client: TargetClient, table: TableName): Promise<Column[]> {
  const found = await images(
    client,
    `SELECT a.attname AS name, (a.attgenerated <> '')::text AS generated, (a.attnum = ANY (coalesce(i.indkey::int2[], '{}')))::text AS "primary"
     FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
     WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [quotedTable(table)],
  );
  return found.map(({ name, generated, primary }) => ({
    name: name ?? '',
    generated: generated === 'true',
    primary: primary === 'true',
  }));
}

/** The SHA-256, in hex, of what was there before an effect: what receipts say of it. */
export function imageDigest(image: Image | null): string {
  return createHash('sha256').update(canonicalBytes(image)).digest('hex');
}

/** Columns that are these parameters, from the one after `after` on. */
export function matches(names: readonly string[], after = 0): string {
  return names.map((name, index) => `t.${quoted(name)} = $${after + index + 1}`).join(' AND ');
}

/** Rows by the names of their columns, which may be any. */
export async function images(client: TargetClient, text: string, values: readonly unknown[]): Promise<Image[]> {
  const [answer] = await answers(client, { text, values: [...values], rowMode: 'array' });
  if (!answer) return [];
  return answer.rows.map((row) => Object.fromEntries(answer.fields.map(({ name }, index) => [name, row[index] ?? null])));
}

async function rows(client: TargetClient, text: string, values: readonly unknown[]): Promise<(string | null)[][]> {
  const [answer] = await answers(client, { text, values: [...values], rowMode: 'array' });
  return answer?.rows ?? [];
}

async function answers(client: TargetClient, asked: Parameters<TargetClient['query']>[0]): Promise<Answered[]> {
  const answered = await client.query(asked);
  return Array.isArray(answered) ? answered : [answered];
}
