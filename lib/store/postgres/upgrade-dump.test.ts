/** What the product left in its database before values could be erased is brought to this version: batches go on, trails verify, and an erasure finds what is there. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { carryOnErasures } from '#lib/steps/erasure/carry-on.ts';
import { confirmErasure } from '#lib/steps/erasure/confirm-erasure.ts';
import { lookFor } from '#lib/steps/erasure/look-for.ts';
import { readErasure } from '#lib/steps/erasure/read-erasure.ts';
import { exportTrail } from '#lib/steps/receipts/export-trail.ts';
import { previewUndo } from '#lib/steps/undo/preview-undo.ts';
import { verifyTrail } from '#lib/trail/verify/checks.mjs';
import { hashing, inflate } from '#lib/trail/verify/node.mjs';
import { openZip } from '#lib/trail/verify/zip.mjs';
import { testDatabase } from '#test/database.ts';
import { workUntil } from '#test/fixtures/started-batch.ts';
import { migrate } from './migrate.ts';
import { assertReceiptProtection } from './protection.ts';
import { applyMigrations, schemaDifference } from './schema-engine.ts';

/** Written by test/make-dump.ts on the version that had this as its last migration. */
const BEFORE = '20261128060100_reviewed';
const DUMP = resolve(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', `${BEFORE}.json.gz`);
const rows = JSON.parse(gunzipSync(readFileSync(DUMP)).toString()) as Record<string, Record<string, unknown>[]>;

const { pool, ownerPool, url, ownerUrl } = await testDatabase();
const ADA: Actor = { id: `user:${rows.user?.[0]?.id}`, role: 'admin', name: 'Ada', via: 'page' };
const batchOf = (name: string): string => String(rows.batch?.find((batch) => batch.name === name)?.id);

async function verified(batchId: string) {
  const parts: Uint8Array[] = [];
  for await (const part of (await exportTrail(ADA, { batchId })).body) parts.push(part);
  const bytes = Buffer.concat(parts);
  const read = async (at: number, length: number) => bytes.subarray(at, at + length);
  return verifyTrail(await openZip({ size: bytes.length, read }, inflate), hashing);
}

/** Decides on each chunk of the batch as it waits, until it is finished. */
async function toItsEnd(batchId: string): Promise<void> {
  const state = async () => (await pool.query('SELECT state FROM batch WHERE id = $1', [batchId])).rows[0].state;
  const waiting = async () =>
    (await pool.query(`SELECT number FROM chunk WHERE batch_id = $1 AND state = 'awaiting_review' ORDER BY 1 LIMIT 1`, [batchId]))
      .rows[0]?.number;
  while ((await state()) !== 'finished') {
    await workUntil(pool, async () => (await state()) === 'finished' || (await waiting()) !== undefined);
    const number = await waiting();
    if (number === undefined) continue;
    const digest = (await readCheckpoint(ADA, { batchId, chunk: number }))?.digest ?? '';
    await decide(ADA, { batchId, chunks: [{ number, digest }], next: true, execute: true, override: 'nobody looked' });
  }
}

beforeAll(async () => {
  await ownerPool.query('DROP SCHEMA public CASCADE; DROP SCHEMA pgboss CASCADE; CREATE SCHEMA public');
  await applyMigrations(ownerUrl, BEFORE);
  const client = await ownerPool.connect();
  await client.query('BEGIN');
  // As a restore does: rows come in any order, and as they are.
  const { rows: references } = await client.query(
    `SELECT conrelid::regclass::text AS of, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS is FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`,
  );
  for (const { of, name } of references) await client.query(`ALTER TABLE ${of} DROP CONSTRAINT ${name}`);
  for (const [table, all] of Object.entries(rows)) {
    await client.query(`ALTER TABLE "${table}" DISABLE TRIGGER USER`);
    await client.query(`INSERT INTO "${table}" SELECT * FROM jsonb_populate_recordset(NULL::"${table}", $1)`, [
      JSON.stringify(all),
    ]);
    await client.query(`ALTER TABLE "${table}" ENABLE TRIGGER USER`);
  }
  for (const { of, name, is } of references) await client.query(`ALTER TABLE ${of} ADD CONSTRAINT ${name} ${is}`);
  const { rows: always } = await client.query(
    `SELECT g.tgrelid::regclass::text AS of, quote_ident(g.tgname) AS name FROM pg_trigger g WHERE NOT g.tgisinternal AND g.tgname ~ '(append|erasure|end)_only$|no_(truncate|delete)$'`,
  );
  for (const { of, name } of always) await client.query(`ALTER TABLE ${of} ENABLE ALWAYS TRIGGER ${name}`);
  const { rows: numbers } = await client.query(
    `SELECT t.relname AS table, a.attname AS column FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
     WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND pg_get_serial_sequence(quote_ident(t.relname), a.attname) IS NOT NULL`,
  );
  for (const { table, column } of numbers)
    await client.query(
      `SELECT setval(pg_get_serial_sequence('"${table}"', '${column}'), max(${column})) FROM "${table}" HAVING max(${column}) IS NOT NULL`,
    );
  await client.query('COMMIT');
  client.release();
  expect(await migrate({ ownerUrl, appUrl: url })).toMatchObject({ unproven: [] });
});

test('every row is kept, the schema is the one of this version, and the record is protected', async () => {
  expect(await schemaDifference(ownerUrl)).toBe('');
  for (const [table, all] of Object.entries(rows))
    expect([table, (await pool.query(`SELECT count(*)::int AS n FROM "${table}"`)).rows[0].n]).toEqual([table, all.length]);
  await expect(assertReceiptProtection(pool, false)).rejects.toThrow(/^(?!.*(trigger|has UPDATE)).*fsync is off/s);
});

test('trails of what was over verify as they did, and what was under way goes on to its end', async () => {
  for (const name of ['Over', 'Undo of Over'])
    expect(await verified(batchOf(name)), name).toMatchObject({ verdict: 'holds', findings: [] });
  const open = batchOf('Under way');
  expect((await readBatch(ADA, { batchId: open }))?.sum).toMatchObject({ addsUp: true });
  await toItsEnd(open);
  expect(await verified(open)).toMatchObject({ verdict: 'holds', findings: [] });
});

test('what that version wrote of a person is erased, and its trails hold on', async () => {
  const { id } = await lookFor(ADA, { value: 'eve@example.org' });
  await carryOnErasures();
  const found = await readErasure(ADA, { id });
  expect(found).toMatchObject({ state: 'found', refusedBy: [] });
  await confirmErasure(ADA, { id, count: found?.count ?? 0, reason: 'She asked for it.' });
  await carryOnErasures();
  for (const table of Object.keys(rows))
    expect((await pool.query(`SELECT FROM "${table}" t WHERE to_jsonb(t)::text LIKE '%eve@example.org%'`)).rowCount, table).toBe(
      0,
    );
  for (const name of ['Over', 'Under way'])
    expect(await verified(batchOf(name)), name).toMatchObject({ verdict: 'erased', findings: [] });
  // It undid what was done with a mail of somebody else.
  expect(await verified(batchOf('Undo of Over'))).toMatchObject({ verdict: 'holds', findings: [] });
  const undo = await previewUndo(ADA, { batchId: batchOf('Under way') });
  expect(undo.cannot.some(({ why }) => why === 'what it sent was erased')).toBe(true);
});
