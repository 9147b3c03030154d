/**
 * Prisma's schema engine as WebAssembly over our own connection: the same everywhere, and nothing to download. It applies the committed
 * migrations and compares schemas as the command line does.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg';
import type pg from 'pg';

const PRISMA = resolve(import.meta.dirname, '..', '..', '..', 'prisma');
export const MIGRATIONS_DIR = join(PRISMA, 'migrations');
const NO_FILTERS = { externalTables: [], externalEnums: [] };

/**
 * Applies the committed migrations that the database lacks; gives their names. Throws with PostgreSQL's words when one fails.
 * @param upTo the last one to apply, for a test of what the later ones do to older data
 */
export async function applyMigrations(url: string, upTo?: string): Promise<string[]> {
  return await withEngine(url, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: committedMigrations(upTo),
      filters: NO_FILTERS,
    });
    return appliedMigrationNames;
  });
}

/** Whether this version knows a migration. */
export function hasMigration(name: string): boolean {
  return readdirSync(MIGRATIONS_DIR).includes(name);
}

/** The SQL that leads from an empty database to prisma/schema. */
export async function schemaFromEmpty(url: string): Promise<string> {
  return await withEngine(url, (engine) => difference(engine, { tag: 'empty' }));
}

/** The SQL that leads from the database's tables to prisma/schema; empty when they agree. */
export async function schemaDifference(url: string): Promise<string> {
  return await withEngine(url, (engine) =>
    difference(engine, { tag: 'schemaDatasource', files: schemaFiles(), configDir: PRISMA }),
  );
}

type From = Parameters<SchemaEngine['diff']>[0]['from'];

async function difference(engine: SchemaEngine, from: From): Promise<string> {
  const { stdout } = await engine.diff({
    from,
    to: { tag: 'schemaDatamodel', files: schemaFiles() },
    script: true,
    exitCode: null,
    shadowDatabaseUrl: null,
    filters: NO_FILTERS,
  } as Parameters<SchemaEngine['diff']>[0]);
  const sql = stdout ?? '';
  return sql.includes('This is an empty migration') ? '' : sql;
}

function schemaFiles(): { path: string; content: string }[] {
  const folder = join(PRISMA, 'schema');
  return readdirSync(folder)
    .sort()
    .map((name) => ({ path: join(folder, name), content: readFileSync(join(folder, name), 'utf8') }));
}

function committedMigrations(upTo?: string): MigrationList {
  const names = readdirSync(MIGRATIONS_DIR, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return {
    baseDir: MIGRATIONS_DIR,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(join(MIGRATIONS_DIR, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: names
      .map(({ name }) => name)
      .filter((name) => upTo === undefined || name <= upTo)
      .sort()
      .map((name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok', value: readFileSync(join(MIGRATIONS_DIR, name, 'migration.sql'), 'utf8') },
        },
      })),
  };
}

async function withEngine<T>(url: string, act: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  startEngine();
  const datamodels = schemaFiles().map(({ path, content }): [string, string] => [path, content]);
  const pools: pg.Pool[] = [];
  const adapter = bindMigrationAwareSqlAdapterFactory(new MigrationAdapter(url, pools));
  const engine = await engineModule.SchemaEngine.new({ datamodels }, () => {}, adapter);
  try {
    return await act(engine);
  } finally {
    engine.free();
    // The engine leaves its connections, and with them its own advisory lock, until they idle out.
    await Promise.all(pools.map((pool) => pool.end()));
  }
}

/** Prisma's adapter, fixed where the schema engine needs more than queries do. */
class MigrationAdapter extends PrismaPg {
  readonly #pools: pg.Pool[];

  constructor(url: string, pools: pg.Pool[]) {
    super({ connectionString: url });
    this.#pools = pools;
  }

  override async connect() {
    const adapter = await super.connect();
    this.#pools.push(adapter.underlyingDriver());
    // The adapter splits a script at every semicolon, those inside function bodies too, and sends the pieces over several connections.
    // Sent whole, PostgreSQL parses it, and it runs in one transaction: a migration that fails leaves nothing behind.
    adapter.executeScript = async (script) => {
      const { onError } = adapter as unknown as { onError(error: unknown): never };
      await adapter
        .underlyingDriver()
        .query(script)
        // In Prisma's form, which carries PostgreSQL's words through the engine.
        .catch((error: unknown) => onError.call(adapter, error));
    };
    readChars(adapter);
    return adapter;
  }
}

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
type Ask = (query: unknown) => Promise<{ fields: { dataTypeID: number }[]; rows: unknown }>;

const CHAR_OID = 18;
const TEXT_OID = 25;

/** The catalogue has columns of type "char", which the adapter refuses and the engine wants as characters. */
function readChars(adapter: Adapter): void {
  const charsOf = new WeakMap<object, number[]>();
  const inner = adapter as unknown as { performIO: Ask };
  const ask = inner.performIO.bind(adapter);
  inner.performIO = async (query) => {
    const answer = await ask(query);
    const chars = answer.fields.flatMap((field, index) => (field.dataTypeID === CHAR_OID ? [index] : []));
    for (const index of chars) Object.assign(answer.fields[index] ?? {}, { dataTypeID: TEXT_OID });
    if (Array.isArray(answer.rows)) charsOf.set(answer.rows, chars);
    return answer;
  };
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of charsOf.get(result.rows) ?? []) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
}

let started = false;

/** The package's entry imports its .wasm file, which Node does only behind a flag: instantiate it by hand. */
function startEngine(): void {
  if (started) return;
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const compiled = new WebAssembly.Module(readFileSync(join(folder, 'schema_engine_bg.wasm')));
  const instance = new WebAssembly.Instance(compiled, { './schema_engine_bg.js': engineImports() });
  engineModule.__wbg_set_wasm(instance.exports);
  (instance.exports as unknown as { __wbindgen_start(): void }).__wbindgen_start();
  started = true;
}

/** What the engine imports, with timers that don't keep the process alive: its 10 s timeout on the lock runs on after the lock is had. */
function engineImports(): WebAssembly.ModuleImports {
  const imports = { ...engineModule } as unknown as Record<string, (...args: never[]) => unknown>;
  for (const name of Object.keys(imports).filter((key) => key.startsWith('__wbg_setTimeout_'))) {
    imports[name] = (act: () => void, delay: number) => setTimeout(act, delay >>> 0).unref();
  }
  return imports as WebAssembly.ModuleImports;
}
