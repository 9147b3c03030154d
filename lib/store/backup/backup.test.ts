/** A backup becomes the same database again, whole or not at all; nothing that was under way goes on by itself. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '#lib/ledger/canonical.ts';
import { originalsIn } from '#lib/store/originals/folder.ts';
import { originals } from '#lib/store/originals/originals.ts';
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
    const { rows } = await ownerPool.query(`SELECT to_jsonb(t)::text AS row FROM "${name}" t ORDER BY 1`);
    all[name] = rows.map(({ row }) => row.replaceAll(/"(stopping|state|updated_at)": [^,}]+/g, ''));
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

const empty = () => ownerPool.query('DROP SCHEMA public CASCADE; DROP SCHEMA pgboss CASCADE; CREATE SCHEMA public');
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
  // Numbers go on behind those that are there.
  const { id } = await prisma.event.create({
    data: { batchId: randomUUID(), chunk: null, kind: 'x', facts: {} },
    select: { id: true },
  });
  const [{ max } = { max: 0 }] = (await pool.query('SELECT max(id)::int AS max FROM event')).rows;
  expect(Number(id)).toBe(max);
});
