/**
 * A backup of everything that a database of ours holds, and of the original files, as a folder: COPY for each table, in one snapshot, beside whoever works
 * meanwhile (docs/backup.md). Prisma has no words for COPY, and a backup follows the tables that there are.
 */
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { z } from 'zod';
import { CountersignError } from '#lib/core/errors.ts';
import type { Originals } from '#lib/store/originals/port.ts';

/** Processes, open pages and sessions: gone with the server that had them. Everybody signs in anew. */
const LEFT_OUT = ['_prisma_migrations', 'session', 'verification', 'visit', 'worker'];

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const file = { bytes: z.int().min(0), sha256: hex };
/** As PostgreSQL writes one that needs no quotes: a table's name is the name of a file too. */
const identifier = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);
const backupSchema = z.object({
  backup: z.literal('countersign'),
  v: z.literal(1),
  /** by the database's clock, when the snapshot was taken */
  at: z.iso.datetime(),
  /** the last migration that the database had */
  migration: z.string(),
  tables: z
    .array(z.object({ name: identifier, columns: z.array(identifier).min(1), rows: z.int().min(0), ...file }))
    .refine((tables) => new Set(tables.map(({ name }) => name)).size === tables.length, 'It names a table twice.'),
  originals: z.array(z.object({ digest: hex, bytes: z.int().min(0) })),
  /** originals that were not there: their datasets can't be read anew, here as there */
  missing: z.array(hex),
});
export type Backup = z.infer<typeof backupSchema>;

const NAMED = 'backup.json';
export const tableFile = (folder: string, name: string): string => join(folder, 'tables', `${name}.tsv.gz`);
export const originalFile = (folder: string, digest: string): string => join(folder, 'originals', digest);

/**
 * Writes a backup into a folder that is new or empty. What says that it is whole, `backup.json`, is written last: a folder without it is none.
 * Throws `conflict` for a folder that holds something, `unavailable` for a database that is not ours.
 */
export async function writeBackup({
  ownerUrl,
  folder,
  originals,
}: {
  ownerUrl: string;
  folder: string;
  originals: Originals;
}): Promise<Backup> {
  if (existsSync(folder) && (await readdir(folder)).length > 0)
    throw new CountersignError('conflict', `${folder} holds something already. Name a folder that is new or empty.`);
  await mkdir(join(folder, 'tables'), { recursive: true, mode: 0o700 });
  await mkdir(join(folder, 'originals'), { mode: 0o700 });
  const client = new pg.Client({ connectionString: ownerUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { at, migration } = await readMoment(client);
    const tables: Backup['tables'] = [];
    for (const { name, columns } of await readTables(client)) tables.push(await writeTable(client, folder, name, columns));
    const { rows } = await client.query<{ digest: Buffer }>('SELECT digest FROM source ORDER BY digest');
    await client.query('COMMIT');
    const kept = await writeOriginals(
      rows.map(({ digest }) => digest),
      { folder, originals },
    );
    const backup: Backup = { backup: 'countersign', v: 1, at, migration, tables, ...kept };
    const draft = join(folder, `${NAMED}.new`);
    const handle = await open(draft, 'w', 0o600);
    await handle.writeFile(`${JSON.stringify(backup, null, 1)}\n`);
    await handle.sync();
    await handle.close();
    await rename(draft, join(folder, NAMED));
    return backup;
  } finally {
    await client.end().catch(() => {});
  }
}

/** What the folder holds. Throws `not_found` without a whole backup in it, `invalid` for one that this version can't read. */
export async function readBackup(folder: string): Promise<Backup> {
  const path = join(folder, NAMED);
  if (!existsSync(path))
    throw new CountersignError('not_found', `${folder} is no whole backup: it has no ${NAMED}, which is written last.`);
  const parsed = backupSchema.safeParse(jsonOf(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new CountersignError(
    'invalid',
    `${path} can’t be read: ${z.prettifyError(parsed.error)}. A newer version may have written it.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function readMoment(client: pg.Client): Promise<{ at: string; migration: string }> {
  const known = await client.query(`SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS known`);
  if (!known.rows[0]?.known)
    throw new CountersignError('unavailable', 'This database is not one of Countersign, or nothing was ever started on it.');
  const { rows } = await client.query<{ at: Date; migration: string }>(
    'SELECT now() AS at, max(migration_name) AS migration FROM _prisma_migrations WHERE finished_at IS NOT NULL',
  );
  const [moment] = rows as [{ at: Date; migration: string }];
  return { at: moment.at.toISOString(), migration: moment.migration };
}

/** Our tables with the columns that are stored: what PostgreSQL makes of others is made again. */
export async function readTables(client: pg.Client): Promise<{ name: string; columns: string[] }[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns FROM pg_class c
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT c.relname = ANY ($1) GROUP BY 1 ORDER BY 1`,
    [LEFT_OUT],
  );
  return rows;
}

async function writeTable(client: pg.Client, folder: string, name: string, columns: string[]): Promise<Backup['tables'][number]> {
  const list = columns.map((column) => client.escapeIdentifier(column)).join(', ');
  const rows = client.query(copyTo(`COPY ${client.escapeIdentifier(name)} (${list}) TO STDOUT`));
  const written = counted();
  await pipeline(rows, createGzip({ level: 1 }), written, createWriteStream(tableFile(folder, name), { mode: 0o600 }));
  return { name, columns, rows: rows.rowCount ?? 0, ...written.told() };
}

async function writeOriginals(digests: Buffer[], { folder, originals }: { folder: string; originals: Originals }) {
  const kept: Backup['originals'] = [];
  const missing: string[] = [];
  for (const digest of digests) {
    const name = digest.toString('hex');
    const original = await originals.open(digest);
    if (!original) missing.push(name);
    else {
      await pipeline(original.read(), createWriteStream(originalFile(folder, name), { mode: 0o600 }));
      kept.push({ digest: name, bytes: original.bytes });
    }
  }
  return { originals: kept, missing };
}

/** Passes bytes on, and knows afterwards how many they were and their digest. */
export function counted() {
  const hash = createHash('sha256');
  let bytes = 0;
  const through = new Transform({
    transform(piece: Buffer, _, done) {
      hash.update(piece);
      bytes += piece.length;
      done(null, piece);
    },
  });
  return Object.assign(through, { told: () => ({ bytes, sha256: hash.digest('hex') }) });
}
