/** A database with data of an earlier version is brought to this one: everything is kept, what is orphaned is told, and the product reads it. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { readBatches } from '#lib/steps/batches/read-batches.ts';
import { decide } from '#lib/steps/checkpoints/decide.ts';
import { readCheckpoint } from '#lib/steps/checkpoints/read-checkpoint.ts';
import { readDatasets } from '#lib/steps/datasets/read-datasets.ts';
import { readIncidents } from '#lib/steps/fleet/read-incidents.ts';
import { listPeople } from '#lib/steps/people/list-people.ts';
import { readReceipts } from '#lib/steps/receipts/read-receipts.ts';
import { testDatabase } from '#test/database.ts';
import { type Migrated, migrate } from './migrate.ts';
import { applyMigrations, schemaDifference } from './schema-engine.ts';

const BEFORE = '20261126060000_web';
/** Rows of every table as that version's code wrote them, by their table's names. */
const DATA = resolve(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', `${BEFORE}.json`);
const rows = JSON.parse(readFileSync(DATA, 'utf8')) as Record<string, Record<string, unknown>[]>;

const { pool, ownerPool, url, ownerUrl } = await testDatabase();
const ADA: Actor = { id: `user:${rows.user?.[0]?.id}`, role: 'admin', name: 'Ada', via: 'page' };
/** Only insert-only for everybody: what was written is there byte for byte. */
const RECORD = [
  'receipt',
  'receipt_value',
  'manifest_row',
  'frozen_request',
  'correction',
  'decision',
  'decision_chunk',
  'undo_item',
];
const LOST = '00000000-0000-4000-8000-000000000001';
const [orphan, ofNobody, odd] = [randomUUID(), randomUUID(), randomUUID()];
let tables: string[];
let upgraded: Migrated;

/** What the database makes of other columns it makes again. */
const fill = async (table: string, all: object[]) => {
  const { rows: found } = await ownerPool.query(
    `SELECT string_agg(quote_ident(attname), ', ') AS columns FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [`"${table}"`],
  );
  const { columns } = found[0];
  await ownerPool.query(
    `INSERT INTO "${table}" (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::"${table}", $1)`,
    [JSON.stringify(all)],
  );
};
const notValid = async () =>
  (await pool.query('SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1')).rows.map(({ conname }) => conname);

beforeAll(async () => {
  await ownerPool.query('DROP SCHEMA public CASCADE; DROP SCHEMA pgboss CASCADE; CREATE SCHEMA public');
  await applyMigrations(ownerUrl, BEFORE);
  const had = await ownerPool.query(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`);
  tables = had.rows.map(({ relname }) => relname).filter((name) => name !== '_prisma_migrations');
  for (const [table, all] of Object.entries(rows)) await fill(table, all);
  for (const table of ['event', 'follow_up', 'correction'])
    await ownerPool.query(`SELECT setval(pg_get_serial_sequence('${table}', 'id'), max(id)) FROM ${table}`);
  // What no version wrote, but a hand or a lost disk may have left.
  await fill('batch', [{ ...rows.batch?.[0], id: orphan, dataset_id: LOST, undoes: null }]);
  const incident = { ...rows.incident?.[0], resolved_at: null };
  await fill('incident', [{ ...incident, id: ofNobody, kind: 'mismatch', batch_id: LOST, chunk: null }]);
  await fill('incident', [{ ...incident, id: odd, kind: 'fire', batch_id: null, chunk: null }]);
  upgraded = await migrate({ ownerUrl, appUrl: url });
});

test('the data has rows of every table that the version had', async () => {
  expect(upgraded.applied).toContain('20261126080000_relations');
  expect(tables.filter((table) => !rows[table]?.length)).toEqual([]);
  expect(await schemaDifference(ownerUrl)).toBe('');
});

test('every row is kept, orphans too, and the record byte for byte', async () => {
  const more: Record<string, number> = { batch: 1, incident: 2 };
  for (const [table, all] of Object.entries(rows)) {
    const { rows: kept } = await pool.query(`SELECT to_jsonb(t) AS row FROM "${table}" t`);
    expect([table, kept.length]).toEqual([table, all.length + (more[table] ?? 0)]);
    if (RECORD.includes(table))
      expect(kept.map(({ row }) => row)).toEqual(expect.arrayContaining(all.map((row) => expect.objectContaining(row))));
  }
});

test('what is orphaned is told, and the constraint holds for what comes', async () => {
  expect(upgraded.unproven).toEqual([
    expect.stringContaining(`batch: the dataset_id of 1 row is not in dataset (${LOST}).`),
    expect.stringContaining(`incident: the batch_id of 1 row is not in batch (${LOST}).`),
    expect.stringContaining('incident: the kind of 1 row is not allowed by incident_kind_check (fire).'),
  ]);
  expect(await notValid()).toEqual(['batch_dataset_id_fkey', 'incident_batch_id_fkey', 'incident_kind_check']);
  await expect(
    fill('batch', [{ seq: 0, agents: false, ...rows.batch?.[0], id: randomUUID(), dataset_id: LOST }]),
  ).rejects.toThrow(/batch_dataset_id_fkey/);
  await expect(fill('incident', [{ ...rows.incident?.[0], id: randomUUID(), kind: 'flood' }])).rejects.toThrow(
    /incident_kind_check/,
  );
  // An orphan can be written to: only what it refers to is held.
  await pool.query("UPDATE batch SET task_ref = 'a task' WHERE id = $1", [orphan]);
});

test('the product reads what the earlier version wrote, and goes on with it', async () => {
  const batchId = String(rows.batch?.find(({ undoes }) => undoes === null)?.id);
  const { items } = await readBatches(ADA);
  expect(items.map(({ id }) => id).sort()).toEqual(rows.batch?.map(({ id }) => id).sort());
  expect(await readBatch(ADA, { batchId: orphan })).toBeNull();
  expect((await readBatch(ADA, { batchId }))?.sum).toMatchObject({ addsUp: true });
  expect((await readReceipts(ADA, { batchId }))?.items.length).toBeGreaterThan(0);
  expect((await readDatasets(ADA)).items).toMatchObject([{ id: rows.dataset?.[0]?.id }]);
  expect((await listPeople(ADA)).people).toMatchObject([{ id: rows.user?.[0]?.id }]);
  expect((await readIncidents(ADA)).map(({ id }) => id)).toEqual(expect.arrayContaining([ofNobody, odd]));

  // A digest that was on a screen of the earlier version still says the same.
  const waiting = rows.chunk?.find(({ state, batch_id: of }) => state === 'awaiting_review' && of === batchId);
  const digest = String(waiting?.manifest_digest).replace(/^\\x/, '');
  const number = Number(waiting?.number);
  expect(await readCheckpoint(ADA, { batchId, chunk: number })).toMatchObject({ digest });
  const { decided } = await decide(ADA, {
    batchId,
    chunks: [{ number, digest }],
    next: true,
    execute: true,
    override: 'nobody looked',
  });
  expect(decided).toEqual([number]);
});

test('the next start looks again: what was mended is valid, and nothing is told', async () => {
  await fill('dataset', [{ ...rows.dataset?.[0], id: LOST, state: 'failed', item_count: 0, reason: 'It was lost.' }]);
  await pool.query('UPDATE incident SET batch_id = NULL WHERE id = $1', [ofNobody]);
  expect((await migrate({ ownerUrl, appUrl: url })).unproven).toMatchObject([
    expect.stringMatching(/^incident: the kind of 1 row/),
  ]);
  await pool.query("UPDATE incident SET kind = 'web' WHERE id = $1", [odd]);
  expect(await migrate({ ownerUrl, appUrl: url })).toEqual({ applied: [], unproven: [] });
  expect(await notValid()).toEqual([]);
});
