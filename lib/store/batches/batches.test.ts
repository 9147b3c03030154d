/** What is written down of a new batch is what was planned, to the byte, and at a time of the database's. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import type { Plan } from '#lib/core/plans/plan.ts';
import { canonicalBytes, type Json, sha256 } from '#lib/ledger/canonical.ts';
import { readBatchRow } from '#lib/store/chunks/chunks.ts';
import { correctClassifications } from '#lib/store/chunks/classifications.sql.ts';
import { inTransaction } from '#lib/store/postgres/db.ts';
import { takeSequence } from '#lib/store/receipts/receipts.sql.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { insertBatch, insertChunks } from './batches.ts';

const database = await testDatabase();
const { pool } = database;
const BY = `user:${randomUUID()}`;

afterEach(() => {
  vi.useRealTimers();
});

async function insert(plan: Plan, chunks: number, items = 3): Promise<string> {
  const { datasetId } = await seedBatch(pool, { chunks: [] });
  const id = randomUUID();
  await inTransaction(pool, async (tx) => {
    await insertBatch(tx, {
      ...{ id, datasetId, name: 'New', plan, planDigest: sha256(canonicalBytes(plan as unknown as Json)), routing: 'supervised' },
      ...{ pilot: 2, taskRef: 'T-1', undoes: null, readingId: null, agents: false, seed: null, createdBy: BY },
    });
    const made = Array.from({ length: chunks }, (_, index) => ({
      ...{ id: randomUUID(), number: index + 1, name: `Part ${index + 1}`, serial: index === 0, seed: randomBytes(32) },
      ordinals: Int32Array.from({ length: items }, (__, at) => index * items + at + 1),
    }));
    await insertChunks(tx, id, made);
  });
  return id;
}

const seeded = async () => (await seedBatch(pool, { chunks: [] })).plan;

test('a plan comes back as it was digested, whatever is in it is called', async () => {
  const plan = await seeded();
  // As a body of JSON arrives: own properties, of any name.
  const odd = JSON.parse(
    '{"__proto__": {"a": 1}, "$type": "DateTime", "value": null, "constructor": "c", "set": [1, "2", null]}',
  );
  plan.categories[0] = { name: '__proto__', action: { ...plan.categories[0]?.action, with: odd } as never };
  const id = await insert(plan, 1);
  const read = await readBatchRow(database, id);
  expect(canonicalBytes(read?.plan as unknown as Json)).toEqual(canonicalBytes(plan as unknown as Json));
  const { rows } = await pool.query('SELECT plan, plan_digest FROM batch WHERE id = $1', [id]);
  expect(sha256(canonicalBytes(rows[0].plan))).toEqual(rows[0].plan_digest);
});

test('of more chunks than a statement takes each is stored once, with its own members', async () => {
  const id = await insert(await seeded(), 450);
  const { rows } = await pool.query(
    `SELECT c.number, c.state, c.item_count, c.serial, c.backwards, c.epoch, c.targets, length(c.seed) AS seed,
       (SELECT array_agg(ordinal ORDER BY ordinal) FROM chunk_item WHERE chunk_id = c.id AND batch_id = c.batch_id) AS members
     FROM chunk c WHERE batch_id = $1 ORDER BY number`,
    [id],
  );
  const common = { state: 'proposed', item_count: 3, backwards: false, epoch: 0, targets: [], seed: 32 };
  const members = (index: number) => [1, 2, 3].map((at) => index * 3 + at);
  expect(rows).toEqual(
    Array.from({ length: 450 }, (_, index) => ({
      ...{ ...common, number: index + 1, serial: index === 0, members: members(index) },
    })),
  );
});

test('what is created has the time of the database, however wrong the clock of the process is', async () => {
  const plan = await seeded();
  const { batchId, chunks } = await seedBatch(pool, {
    chunks: [{ state: 'awaiting_review', items: [{ fields: { subject: 'a' }, category: 'noise' }] }],
  });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2041-01-01') });
  const id = await insert(plan, 1);
  const chunk = { batchId, chunkId: chunks[0]?.id ?? '', number: 1, revision: 2 };
  await inTransaction(pool, async (tx) => {
    const change = { from: ['awaiting_review' as const], says: { corrected: 1 } };
    await takeSequence(tx, 1, change, [{ chunkId: chunk.chunkId, revision: 1 }]);
    await correctClassifications(tx, chunk, [{ ordinal: 1, from: 'noise', to: 'keep', note: null, seq: 1 }], BY);
  });
  const { rows } = await pool.query(
    `SELECT abs(extract(epoch FROM clock_timestamp() - at)) < 60 AS close FROM (
       SELECT created_at FROM batch WHERE id = $1 UNION ALL SELECT updated_at FROM chunk WHERE batch_id = $1
       UNION ALL SELECT at FROM correction WHERE batch_id = $2) written(at)`,
    [id, batchId],
  );
  expect(rows).toEqual([{ close: true }, { close: true }, { close: true }]);
});
