/** What docs/relations.md says: which tables refer to which by a foreign key, and which must not. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';

const { pool, ownerPool } = await testDatabase();

/** Written for each item or receipt: a foreign key would lock a parent's row for each. */
const WITHOUT = [
  ...[
    'receipt',
    'receipt_value',
    'manifest_row',
    'frozen_request',
    'item',
    'chunk_item',
    'classification',
    'chunk_category',
    'chunk_part',
    'kept_classification',
  ],
  ...['shelf_entry', 'follow_up', 'event', 'resource_claim', 'inspection', 'undo_item', 'unreadable_row', 'correction', 'review'],
  'erasure_find',
];

const FOREIGN_KEYS = [
  'account(user_id) -> user(id)',
  'api_key(owner_id) -> user(id)',
  'batch(dataset_id) -> dataset(id)',
  'batch(reading_id) -> dataset_reading(id)',
  'batch(rest_of) -> batch(id)',
  'batch(undoes) -> batch(id)',
  'batch_plan(batch_id) -> batch(id)',
  'breaker(incident_id) -> incident(id)',
  'chunk(batch_id) -> batch(id)',
  'chunk(decision_id) -> decision(id)',
  'chunk(incident_id) -> incident(id)',
  'connection(secret_id,secret_version) -> secret(id,version)',
  'connection_bucket(connection_id) -> connection(id)',
  'dataset(supersedes) -> dataset(id)',
  'dataset_reading(dataset_id) -> dataset(id)',
  'dataset_source(dataset_id) -> dataset(id)',
  'dataset_source(digest) -> source(digest)',
  'decision(batch_id) -> batch(id)',
  'decision_chunk(chunk_id) -> chunk(id)',
  'decision_chunk(decision_id) -> decision(id)',
  'erasure_entry(erasure_id) -> erasure(id)',
  'follow_up_act(follow_up_id) -> follow_up(id)',
  'incident(batch_id) -> batch(id)',
  'incident(batch_id,chunk) -> chunk(batch_id,number)',
  'matter(batch_id) -> batch(id)',
  'notice(matter_id) -> matter(id)',
  'notice_choice(person_id) -> user(id)',
  'passkey(user_id) -> user(id)',
  'rate_bucket(batch_id) -> batch(id)',
  'session(user_id) -> user(id)',
  'setup_link(created_by) -> user(id)',
  'setup_link(resets_id) -> user(id)',
  'two_factor(user_id) -> user(id)',
];

/** Identifiers of other tables that have no foreign key, and why. */
const ELSEWHERE: Record<string, string> = {
  'agent_report.chunk_id': 'its writer has the chunk locked, as that of a classification',
  'append.batch_id': 'each line of an agent would lock the batch, or wait for who locks it',
  'breaker.probe': 'who has a breaker waits for nobody',
  'chunk.lease_owner': 'a claim is a hot path, and a worker that ends takes its row away',
  'chunk_fold.batch_id': 'a look would wait for a decision that has the chunk',
  'chunk_fold.decision_id': 'as chunk_fold.batch_id',
  'chunk_look.chunk_id': 'as chunk_fold.batch_id',
  'connection_bucket.holder': 'it is written for every send',
  'errand.batch_id': 'it is written for each item that an agent is given, by a worker',
  'errand.chunk_id': 'as errand.batch_id',
  'erasure_entry.batch_id': 'it says what was erased, and has to stand whatever becomes of that',
  'erasure_entry.dataset_id': 'as erasure_entry.batch_id',
  'hand_in.chunk_id': 'who hands in holds the chunk and waits for nobody else’s lock',
  'handed_change.batch_id': 'as hand_in.chunk_id',
  'handed_change.chunk_id': 'as hand_in.chunk_id',
  'model_call.batch_id': 'it is written for every call, and says what was paid whatever becomes of its batch',
  'model_call.chunk_id': 'as model_call.batch_id',
  'model_call.connection_id': 'as model_call.batch_id',
  'model_call.dataset_id': 'as model_call.batch_id',
  'model_measure.connection_id': 'as model_call.batch_id',
  'model_spend.batch_id': 'every call of the batch locks its row, and waits for nobody who has the batch',
  'rate_bucket.holder': 'it is written for every send',
  'staged_change.batch_id': 'a change of a file outlives nothing: it is written by a worker, for each item',
  'staged_change.connection_id': 'a connection may go: what waits for its push then can’t be pushed, and says so',
  'target_tally.worker_id': 'it outlives its worker',
  'visit.chunk_id': 'as chunk_fold.batch_id',
  'worker_tally.worker_id': 'it outlives its worker',
};

type ForeignKey = { table: string; key: string; onDelete: string; onUpdate: string; valid: boolean };

async function foreignKeys(): Promise<ForeignKey[]> {
  const names = (relation: string, numbers: string) =>
    `(SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(${numbers}) WITH ORDINALITY AS k(num, n)
      JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.num)`;
  const { rows } = await pool.query<ForeignKey>(
    `SELECT t.relname AS table, format('%s(%s) -> %s(%s)', t.relname, ${names('c.conrelid', 'c.conkey')}, p.relname, ${names('c.confrelid', 'c.confkey')}) AS key,
       c.confdeltype AS "onDelete", c.confupdtype AS "onUpdate", c.convalidated AS valid
     FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class p ON p.oid = c.confrelid
     WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace`,
  );
  return rows;
}

test('these foreign keys are there, each RESTRICT and valid: nothing cascades', async () => {
  const keys = await foreignKeys();
  expect(keys.map(({ key }) => key).sort()).toEqual(FOREIGN_KEYS);
  for (const { key, ...how } of keys)
    expect([key, how]).toEqual([key, { table: how.table, onDelete: 'r', onUpdate: 'r', valid: true }]);
});

test('none is of a table that is written for each item or receipt', async () => {
  expect((await foreignKeys()).filter(({ table }) => WITHOUT.includes(table))).toEqual([]);
});

test('every other column that holds the id of a row elsewhere has one, or a reason', async () => {
  const { rows } = await pool.query<{ column: string }>(
    `SELECT t.relname || '.' || a.attname AS column FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid
     WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'uuid'::regtype
       AND a.attname <> 'id' AND t.relname <> ALL ($1)
       AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = t.oid AND a.attnum = ANY (c.conkey)) ORDER BY 1`,
    [WITHOUT],
  );
  expect(rows.map(({ column }) => column)).toEqual(Object.keys(ELSEWHERE).sort());
});

test('every model of prisma/schema says what it is', () => {
  const folder = resolve(import.meta.dirname, '..', '..', '..', 'prisma', 'schema');
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  const models = lines.flatMap((line, at) => (line.startsWith('model ') ? [{ line, above: lines[at - 1] }] : []));
  expect(models.length).toBeGreaterThan(0);
  expect(models.filter(({ above }) => !above?.startsWith('/// ')).map(({ line }) => line)).toEqual([]);
});

test('what something else refers to stays, and takes nothing with it', async () => {
  const { batchId, datasetId, chunks } = await seedBatch(pool, {
    chunks: [{ state: 'done', items: [{ fields: { a: '1' }, category: 'noise', receipts: ['intent', 'outcome:succeeded'] }] }],
  });
  const rows = async () =>
    (await pool.query('SELECT c.id FROM chunk c JOIN decision_chunk d ON d.chunk_id = c.id WHERE batch_id = $1', [batchId])).rows;
  const before = await rows();
  for (const [table, id] of [
    ['dataset', datasetId],
    ['batch', batchId],
    ['chunk', chunks[0]?.id],
  ]) {
    await expect(ownerPool.query(`DELETE FROM ${table} WHERE id = $1`, [id])).rejects.toThrow(/foreign key constraint/);
    await expect(ownerPool.query(`UPDATE ${table} SET id = gen_random_uuid() WHERE id = $1`, [id])).rejects.toThrow(
      /foreign key constraint/,
    );
  }
  expect(await rows()).toEqual(before);
  expect(before).toHaveLength(1);
});

// A decision over a million items has its chunks' rows for a minute, and a pause or a start the batch's row.
test('looks, receipts and incidents of the batch are written while somebody has its row and those of its chunks', async () => {
  const { batchId, chunks } = await seedBatch(pool, {
    chunks: [{ state: 'awaiting_review', items: [{ fields: { a: '1' }, category: 'noise' }] }],
  });
  const chunkId = chunks[0]?.id;
  await withClient(ownerPool, async (holder) => {
    await holder.query('BEGIN');
    await holder.query('SELECT FROM batch WHERE id = $1 FOR NO KEY UPDATE', [batchId]);
    await holder.query('SELECT FROM chunk WHERE id = $1 FOR UPDATE', [chunkId]);
    await withClient(pool, async (client) => {
      await client.query("SET lock_timeout = '10s'");
      const zeros = Buffer.alloc(32);
      await client.query(`INSERT INTO chunk_look (chunk_id, revision, counts, random, unsure) VALUES ($1, 1, '[]', '[]', '[]')`, [
        chunkId,
      ]);
      await client.query(
        `INSERT INTO chunk_fold (batch_id, chunk, seq, receipts, intent, succeeded, failed, uncertain, skipped, not_executed, abandoned, approved, difference,
           checked_at, refolded_at) VALUES ($1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, now(), now())`,
        [batchId],
      );
      await client.query(
        `INSERT INTO receipt (batch_id, chunk, seq, ordinal, step, kind, body, leaf) VALUES ($1, 1, 1, 1, 1, 'intent', '{}', $2)`,
        [batchId, zeros],
      );
      await client.query(`INSERT INTO rate_bucket (batch_id, next_at) VALUES ($1, now())`, [batchId]);
      await client.query(`INSERT INTO incident (id, batch_id, kind, message) VALUES ($1, $2, 'mismatch', 'a difference')`, [
        randomUUID(),
        batchId,
      ]);
    });
    await holder.query('ROLLBACK');
  });
});

async function withClient(from: pg.Pool, act: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await from.connect();
  try {
    await act(client);
  } finally {
    client.release(true);
  }
}
