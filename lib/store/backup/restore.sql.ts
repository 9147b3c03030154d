/**
 * A backup becomes a database again. What was sent after the backup is not in it, so nothing that was under way goes on by itself: every unfinished batch is
 * paused (docs/backup.md). COPY, triggers and constraints are the owner's, and no words of Prisma's.
 */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { CountersignError } from '#lib/core/errors.ts';
import { BATCH_TRANSITIONS, batchFrom } from '#lib/core/lifecycle.ts';
import type { SecurityKind } from '#lib/core/people/security-kinds.ts';
import { SYSTEM } from '#lib/core/people/system.ts';
import { pauseChunks } from '#lib/store/batches/stopping.sql.ts';
import type { Originals } from '#lib/store/originals/port.ts';
import { type DatabaseUrls, type Migrated, migrate } from '#lib/store/postgres/migrate.ts';
import { applyMigrations, hasMigration } from '#lib/store/postgres/schema-engine.ts';
import { type Backup, counted, originalFile, readBackup, readTables, tableFile } from './backup.sql.ts';

export type Restored = Migrated & { backup: Backup; paused: string[] };

/**
 * Restores into a database without data, whole or not at all; brings it to this version afterwards. Gives the names of the batches that are paused now.
 * Throws `not_found` or `invalid` for what is no backup, `conflict` for a database that holds data, and says which file is damaged before anything is changed.
 */
export async function restoreBackup(given: { urls: DatabaseUrls; folder: string; originals: Originals }): Promise<Restored> {
  const { urls, folder, originals } = given;
  const backup = await readBackup(folder);
  if (!hasMigration(backup.migration))
    throw new CountersignError(
      'invalid',
      `A newer version made this backup (${backup.migration}). Restore it with that version.`,
    );
  await assertWhole(folder, backup);
  const client = new pg.Client({ connectionString: urls.ownerUrl });
  client.on('error', () => {});
  await client.connect();
  let paused: string[];
  try {
    await assertEmpty(client, backup);
    await applyMigrations(urls.ownerUrl, backup.migration);
    await assertAllThere(client, backup);
    for (const { digest } of backup.originals) await putOriginal(originals, originalFile(folder, digest), digest);
    await client.query('BEGIN');
    const put = await withoutRules(client, backup);
    // Once more, now that nobody can write.
    await assertNoRows(client);
    for (const table of backup.tables) await fillTable(client, folder, table);
    await setSequences(client);
    paused = await pauseAll(client);
    await endLinks(client);
    await tellRestored(client, backup);
    await put();
    await client.query('COMMIT');
  } finally {
    await client.end().catch(() => {});
  }
  return { ...(await migrate(urls)), backup, paused };
}

async function assertWhole(folder: string, { tables, originals }: Backup): Promise<void> {
  const files = [
    ...tables.map(({ name, bytes, sha256 }) => ({ path: tableFile(folder, name), bytes, sha256 })),
    ...originals.map(({ digest, bytes }) => ({ path: originalFile(folder, digest), bytes, sha256: digest })),
  ];
  for (const { path, bytes, sha256 } of files) {
    const read = counted();
    await pipeline(createReadStream(path), read.resume()).catch((error: Error) => {
      throw new CountersignError(
        'invalid',
        `The backup is damaged: ${path} can’t be read (${error.message}). Nothing was changed.`,
      );
    });
    const found = read.told();
    if (found.bytes !== bytes || found.sha256 !== sha256)
      throw new CountersignError('invalid', `The backup is damaged: ${path} is not what was written. Nothing was changed.`);
  }
}

/** Tables may be there, as a restore that failed leaves them, but no rows: in none of ours, whatever the backup names. */
async function assertEmpty(client: pg.Client, { migration }: Backup): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')`,
  );
  if (rows.length === 0) return;
  const has = rows.some(({ name }) => name === MIGRATIONS)
    ? await client.query<{ last: string | null }>(`SELECT max(migration_name) AS last FROM ${MIGRATIONS}`)
    : null;
  // One that was killed while it made the tables has some of the migrations, and goes on.
  const last = has?.rows[0]?.last;
  if (has === null || (last && last > migration)) throw occupied('has tables of another version, or of something else');
  await assertNoRows(client);
}

async function assertNoRows(client: pg.Client): Promise<void> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> $1`,
    [MIGRATIONS],
  );
  for (const { name } of tables) {
    const { rows } = await client.query(`SELECT FROM ${client.escapeIdentifier(name)} LIMIT 1`);
    if (rows.length > 0) throw occupied('holds data already');
  }
}

const MIGRATIONS = '_prisma_migrations';

const occupied = (why: string): CountersignError =>
  new CountersignError(
    'conflict',
    `The database to restore into ${why}. Restore into a new one: another DATA_DIR, or an empty database.`,
  );

/** A list that was cut or altered would restore a part as if it were the whole. */
async function assertAllThere(client: pg.Client, { tables }: Backup): Promise<void> {
  const lacks = (what: string) =>
    new CountersignError('invalid', `The backup is damaged: it lacks ${what}. Nothing was restored.`);
  for (const { name, columns } of await readTables(client)) {
    const kept = tables.find((one) => one.name === name);
    if (!kept) throw lacks(`the table ${name}`);
    const column = columns.find((one) => !kept.columns.includes(one));
    if (column) throw lacks(`${name}.${column}`);
  }
}

async function putOriginal(originals: Originals, path: string, digest: string): Promise<void> {
  const arriving = await originals.put('restored');
  try {
    for await (const piece of createReadStream(path)) await arriving.write(piece as Buffer);
    await arriving.finish();
    await arriving.keep(Buffer.from(digest, 'hex'));
  } catch (error) {
    await arriving.drop();
    throw error;
  }
}

/** Takes triggers and references out of the way, for rows come in any order and as they are; the returned function puts them back as they were. */
async function withoutRules(client: pg.Client, { tables }: Backup): Promise<() => Promise<void>> {
  const names = tables.map(({ name }) => name);
  const references = await client.query<{ table: string; name: string; is: string }>(
    `SELECT c.conrelid::regclass::text AS table, quote_ident(c.conname) AS name, pg_get_constraintdef(c.oid) AS is FROM pg_constraint c
     JOIN pg_class t ON t.oid = c.conrelid WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace ORDER BY 1, 2`,
  );
  const triggers = await client.query<{ table: string; name: string; mode: string }>(
    `SELECT g.tgrelid::regclass::text AS table, quote_ident(g.tgname) AS name, g.tgenabled AS mode FROM pg_trigger g
     JOIN pg_class t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal AND t.relnamespace = 'public'::regnamespace ORDER BY 1, 2`,
  );
  for (const { table, name } of references.rows) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  for (const name of names) await client.query(`ALTER TABLE ${client.escapeIdentifier(name)} DISABLE TRIGGER USER`);
  return async () => {
    for (const { table, name, mode } of triggers.rows)
      await client.query(`ALTER TABLE ${table} ${MODES[mode] ?? 'ENABLE'} TRIGGER ${name}`);
    // Older rows may lack what they refer to: the migrations look, and name them.
    for (const { table, name, is } of references.rows)
      await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${is.replace(/ NOT VALID$/, '')} NOT VALID`);
  };
}

/** pg_trigger.tgenabled */
const MODES: Record<string, string> = { O: 'ENABLE', A: 'ENABLE ALWAYS', R: 'ENABLE REPLICA', D: 'DISABLE' };

async function fillTable(client: pg.Client, folder: string, { name, columns, rows }: Backup['tables'][number]): Promise<void> {
  const list = columns.map((column) => client.escapeIdentifier(column)).join(', ');
  const into = client.query(copyFrom(`COPY ${client.escapeIdentifier(name)} (${list}) FROM STDIN`));
  await pipeline(createReadStream(tableFile(folder, name)), createGunzip(), into);
  if (into.rowCount !== rows)
    throw new CountersignError(
      'invalid',
      `The backup is damaged: ${name} has ${into.rowCount} rows and not ${rows}. Nothing was changed.`,
    );
}

/** Numbers go on behind the largest that is there. */
async function setSequences(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `SELECT t.oid::regclass::text AS table, quote_ident(a.attname) AS column, s.oid::regclass::text AS sequence FROM pg_class s
     JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
     JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
     WHERE s.relkind = 'S' AND t.relnamespace = 'public'::regnamespace`,
  );
  for (const { table, column, sequence } of rows)
    await client.query(`SELECT setval($1::regclass, max(${column})) FROM ${table} HAVING max(${column}) IS NOT NULL`, [sequence]);
}

/** As a person's pause does: no chunk is claimed, and what was executing is brought to its pause, with what was open then as uncertain. */
async function pauseAll(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ id: string; name: string }>(
    'UPDATE batch SET state = $1 WHERE state = ANY ($2) RETURNING id, name',
    [BATCH_TRANSITIONS.pause.to, batchFrom('pause')],
  );
  for (const { id } of rows) await pauseChunks(client, id);
  return rows.map(({ name }) => name).sort();
}

/** A link that was used or withdrawn since the backup would open the door once more. */
async function endLinks(client: pg.Client): Promise<void> {
  await client.query('UPDATE setup_link SET expires_at = clock_timestamp() WHERE used_at IS NULL');
}

async function tellRestored(client: pg.Client, { at, tables }: Backup): Promise<void> {
  // A backup may be older than the log.
  if (!tables.some(({ name }) => name === 'security_event')) return;
  await client.query('INSERT INTO security_event (kind, "by", facts) VALUES ($1, $2, $3)', [
    'restored' satisfies SecurityKind,
    SYSTEM.id,
    JSON.stringify({ of: at }),
  ]);
}
