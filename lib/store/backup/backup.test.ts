/** A backup becomes the same database again, whole or not at all; nothing that was under way goes on by itself. */
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '#lib/ledger/canonical.ts';
import { originalsIn } from '#lib/store/originals/folder.ts';
import { originals } from '#lib/store/originals/originals.ts';
import { applyMigrations } from '#lib/store/postgres/schema-engine.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { type Backup, readBackup, writeBackup } from './backup.sql.ts';
import { restoreBackup } from './restore.sql.ts';

const { pool, prisma, ownerPool, url, ownerUrl } = await testDatabase();
const place = mkdtempSync(join(tmpdir(), 'countersign-backup-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));
const folder = join(place, 'whole');
const FILE = Buffer.from('subject,from\nhello \\N\ttab,é@example.org\n');
let backup: Backup;
let before: Record<string, unknown>;
let rules: unknown;

/** What is in each table, and of a running batch's chunks what a pause leaves alone. */
async function contents(): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const { name } of backup.tables) {
    const { rows } = await ownerPool.query(
      `SELECT to_jsonb(t)::text AS row FROM "${name}" t ${name === 'security_event' ? "WHERE kind <> 'restored'" : ''} ORDER BY 1`,
    );
    all[name] = rows.map(({ row }) => row.replaceAll(/"(stopping|state|updated_at|expires_at)": [^,}]+/g, ''));
  }
  return all;
}

const rulesNow = async () => {
  const triggers = await ownerPool.query(
    'SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2',
  );
  const constraints = await ownerPool.query(
    `SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`,
  );
  return [triggers.rows, constraints.rows];
};

const empty = () => ownerPool.query('DROP SCHEMA public CASCADE; DROP SCHEMA IF EXISTS pgboss CASCADE; CREATE SCHEMA public');
const restore = (from = folder) => restoreBackup({ urls: { ownerUrl, appUrl: url }, folder: from, originals: originals() });

beforeAll(async () => {
  const fields = { subject: 'hello \\N\ttab\nline', from: 'é@example.org' };
  await seedBatch(pool, {
    name: 'Under way',
    chunks: [
      {
        state: 'executing',
        items: [
          { fields, category: 'noise', receipts: ['intent', 'outcome:succeeded'] },
          { fields, category: 'noise', receipts: ['intent'] },
        ],
      },
      { state: 'awaiting_review', items: [{ fields, category: 'noise' }] },
    ],
  });
  await seedBatch(pool, {
    name: 'Over',
    state: 'finished',
    chunks: [{ state: 'done', items: [{ fields, category: 'noise', receipts: ['intent', 'outcome:succeeded'] }] }],
  });
  await prisma.user.create({
    data: { id: randomUUID(), name: 'Ada', email: 'ada@example.org', emailVerified: true, role: 'admin' },
  });
  await prisma.setupLink.create({
    data: {
      tokenDigest: Uint8Array.from(sha256(Buffer.from('token'))),
      role: 'admin',
      email: 'bo@example.org',
      expiresAt: new Date('2999-01-01'),
    },
  });
  const arriving = await originals().put('x');
  await arriving.write(FILE);
  await arriving.finish();
  await arriving.keep(sha256(FILE));
  await ownerPool.query('INSERT INTO source (digest, bytes) VALUES ($1, $2), ($3, 1)', [
    sha256(FILE),
    FILE.length,
    sha256(Buffer.from('lost')),
  ]);
  backup = await writeBackup({ ownerUrl, folder, originals: originals() });
  before = await contents();
  rules = await rulesNow();
});

test('it holds every table but what ends with the server, and says which original was not there', async () => {
  expect(backup.tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['batch', 'receipt', 'receipt_value', 'item', 'user', 'account']),
  );
  expect(backup.tables.map(({ name }) => name)).not.toContain('session');
  expect(backup.originals).toEqual([{ digest: sha256(FILE).toString('hex'), bytes: FILE.length }]);
  expect(backup.missing).toEqual([sha256(Buffer.from('lost')).toString('hex')]);
  expect(await readBackup(folder)).toEqual(backup);
});

test('a folder that holds something is left alone, and one without its last file is no backup', async () => {
  await expect(writeBackup({ ownerUrl, folder, originals: originals() })).rejects.toMatchObject({ code: 'conflict' });
  await expect(readBackup(join(place, 'none'))).rejects.toMatchObject({ code: 'not_found' });
});

test('a database that holds data is left alone', async () => {
  await expect(restore()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('holds data already') });
  expect(await contents()).toEqual(before);
});

/** The backup once more, what says what is in it altered. */
function forged(alter: (backup: Backup) => unknown): string {
  const other = join(place, randomUUID());
  cpSync(folder, other, { recursive: true });
  const altered = alter(structuredClone(backup));
  writeFileSync(join(other, 'backup.json'), typeof altered === 'string' ? altered : JSON.stringify(altered));
  return other;
}

test('a backup that names fewer tables restores nothing over what is in the others', async () => {
  for (const names of [[], ['shelf_entry']]) {
    const from = forged((all) => ({ ...all, tables: all.tables.filter(({ name }) => names.includes(name)) }));
    await expect(restore(from)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('holds data already'),
    });
  }
  expect((await pool.query("SELECT FROM batch WHERE state = 'running'")).rowCount).toBe(1);
  expect(await contents()).toEqual(before);
});

test('what was altered on the way is found before anything is changed', async () => {
  const path = join(folder, 'tables', 'receipt.tsv.gz');
  const bytes = readFileSync(path);
  const altered = Buffer.from(bytes);
  altered.writeUInt8(altered.readUInt8(20) ^ 1, 20);
  writeFileSync(path, altered);
  await empty();
  await expect(restore()).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining(path) });
  expect((await ownerPool.query(`SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace`)).rowCount).toBe(0);
  writeFileSync(path, bytes);
  // As a restore that is killed while it makes the tables leaves it: the next one goes on from there.
  await applyMigrations(ownerUrl, '20261128010000_connections');
});

test.each<[string, (all: Backup) => unknown, string]>([
  ['is cut', (all) => JSON.stringify(all).slice(0, -100), 'can’t be read'],
  [
    'lacks a table',
    (all) => ({ ...all, tables: all.tables.filter(({ name }) => name !== 'receipt') }),
    'lacks the table receipt',
  ],
  [
    'lacks a column',
    (all) => ({
      ...all,
      tables: all.tables.map((one) => ({ ...one, columns: one.columns.filter((column) => column !== 'leaf') })),
    }),
    'lacks receipt.leaf',
  ],
  [
    'names a file elsewhere',
    (all) => ({ ...all, tables: [...all.tables, { ...all.tables[0], name: '../../tables/batch' }] }),
    'can’t be read',
  ],
  ['names a table twice', (all) => ({ ...all, tables: [...all.tables, all.tables[0]] }), 'names a table twice'],
  [
    'counts other rows',
    (all) => ({ ...all, tables: all.tables.map((one) => (one.name === 'user' ? { ...one, rows: 7 } : one)) }),
    'user has 1 rows and not 7',
  ],
])('a backup whose list %s restores nothing', async (_, alter, why) => {
  await expect(restore(forged(alter))).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining(why) });
  const { rows } = await ownerPool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '_prisma_migrations'`,
  );
  for (const { name } of rows) expect((await ownerPool.query(`SELECT FROM "${name}" LIMIT 1`)).rowCount, name).toBe(0);
});

test('every row, trigger and constraint is back as it was, with the original; unfinished batches are paused', async () => {
  const elsewhere = originalsIn(join(place, 'originals'));
  const restored = await restoreBackup({ urls: { ownerUrl, appUrl: url }, folder, originals: elsewhere });
  expect(restored.paused).toEqual(['Under way']);
  expect(restored.unproven).toEqual([]);
  expect(await contents()).toEqual(before);
  expect(await rulesNow()).toEqual(rules);
  // The application's rights, which no table brings along.
  await expect(pool.query('UPDATE receipt SET body = body')).rejects.toMatchObject({ code: '42501' });
  const { rows } = await pool.query(
    'SELECT b.state, c.number, c.state AS chunk, c.stopping FROM batch b JOIN chunk c ON c.batch_id = b.id ORDER BY 1, 2',
  );
  expect(rows).toEqual([
    { state: 'finished', number: 1, chunk: 'done', stopping: null },
    { state: 'paused', number: 1, chunk: 'executing', stopping: 'pause' },
    { state: 'paused', number: 2, chunk: 'awaiting_review', stopping: null },
  ]);
  const read: Buffer[] = [];
  for await (const piece of (await elsewhere.open(sha256(FILE)))?.read() ?? []) read.push(piece);
  expect(Buffer.concat(read)).toEqual(FILE);
  // A link that was used since would open the door once more.
  const links = await pool.query('SELECT expires_at <= clock_timestamp() AS over FROM setup_link');
  expect(links.rows).toEqual([{ over: true }]);
  const log = await pool.query("SELECT facts ->> 'of' AS of FROM security_event WHERE kind = 'restored'");
  expect(log.rows).toEqual([{ of: backup.at }]);
  // Numbers go on behind those that are there.
  const { id } = await prisma.event.create({
    data: { batchId: randomUUID(), chunk: null, kind: 'x', facts: {} },
    select: { id: true },
  });
  const [{ max } = { max: 0 }] = (await pool.query('SELECT max(id)::int AS max FROM event')).rows;
  expect(Number(id)).toBe(max);
});
