/** What the test of a connection finds out of a database: its version, whether effects can be written down, and which tables there are. */
import { SQL_TABLES_MAX } from '#lib/core/limits.ts';
import { type Image, images, type TargetClient } from './effects.sql.ts';
import { EFFECTS, quoted, triggersOf } from './names.ts';

export type Probed = {
  version: string;
  /** as server_version_num has it: 180004 */
  number: number;
  role: string;
  encoding: string;
  readOnly: boolean;
  /** countersign_effects: not there; there and of another shape; there without the right to read and write it; there and writable */
  effects: 'missing' | 'otherwise' | 'refused' | 'ready';
  /** our role may make it itself */
  mayCreate: boolean;
  tables: ProbedTable[];
};

/** `triggers`: and rules, that act when one of its rows is changed. */
type ProbedTable = { schema: string; name: string; columns: string[]; key: string[]; triggers: string[] };

const COLUMNS: readonly string[] = ['key', 'result', 'did', 'reason', 'request', 'about', 'undoes', 'before', 'after', 'at'];

/** Within a transaction that only reads. */
export async function probe(client: TargetClient): Promise<Probed> {
  const [about = {}] = await images(
    client,
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number, current_user AS role,
       current_setting('server_encoding') AS encoding, (pg_is_in_recovery())::text AS standby,
       coalesce(has_schema_privilege(to_regnamespace('public'), 'CREATE'), false)::text AS may,
       to_regclass($1)::text AS effects`,
    [EFFECTS],
  );
  const isThere = about.effects !== null && about.effects !== undefined;
  return {
    version: about.version ?? '',
    number: Number(about.number ?? 0),
    role: about.role ?? '',
    encoding: about.encoding ?? '',
    readOnly: about.standby === 'true',
    effects: isThere ? await effectsOf(client) : 'missing',
    mayCreate: about.may === 'true',
    tables: await readTables(client),
  };
}

async function effectsOf(client: TargetClient): Promise<Probed['effects']> {
  const [row = {}] = await images(
    client,
    `SELECT (has_table_privilege($1::regclass, 'SELECT') AND has_table_privilege($1::regclass, 'INSERT'))::text AS may,
       (SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attname = ANY ($2))::text AS columns,
       (EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indrelid = $1::regclass AND i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL AND a.attname = 'key'))::text AS keyed`,
    [EFFECTS, COLUMNS],
  );
  if (Number(row.columns) !== COLUMNS.length || row.keyed !== 'true') return 'otherwise';
  return row.may === 'true' ? 'ready' : 'refused';
}

/** Those that our role may read, with the columns of their primary keys. */
async function readTables(client: TargetClient): Promise<ProbedTable[]> {
  const found = await images(
    client,
    `SELECT n.nspname AS schema, c.relname AS name,
       (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns,
       (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[])
         WHERE i.indrelid = c.oid AND i.indisprimary)::text AS key,
       ${triggersOf('c.oid')} AS triggers
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
       AND c.oid IS DISTINCT FROM to_regclass($1) AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
     ORDER BY 1, 2 LIMIT ${SQL_TABLES_MAX}`,
    [EFFECTS],
  );
  return found.map(({ schema, name, columns, key, triggers }: Image) => ({
    schema: schema ?? '',
    name: name ?? '',
    columns: JSON.parse(columns ?? '[]') as string[],
    key: JSON.parse(key ?? '[]') as string[],
    triggers: JSON.parse(triggers ?? '[]') as string[],
  }));
}

/** What makes the table. Nobody changes or removes what it keeps with the rights that our role is given. */
export function effectsStatements(role: string): string[] {
  return [
    `CREATE TABLE ${EFFECTS} (
  key text PRIMARY KEY,
  result text NOT NULL CHECK (result IN ('done', 'refused')),
  did text,
  reason text,
  request text NOT NULL,
  about text NOT NULL,
  undoes text UNIQUE,
  before jsonb,
  after jsonb,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);`,
    `GRANT SELECT, INSERT ON ${EFFECTS} TO ${quoted(role)};`,
  ];
}

/** Makes it, for a person who asked for it. */
export async function makeEffects(client: TargetClient, role: string): Promise<void> {
  await client.query(`BEGIN; ${effectsStatements(role).join(' ')} COMMIT`);
}
