import { expect, test } from 'vitest';
import { BATCH_STATES, CHUNK_STATES, DATASET_STATES } from '#lib/core/lifecycle.ts';
import { testDatabase } from '#test/database.ts';

const { pool } = await testDatabase();

test.each([
  ['dataset', DATASET_STATES],
  ['batch', BATCH_STATES],
  ['chunk', CHUNK_STATES],
])('the database allows %s the states of its lifecycle, and no other', async (table, states) => {
  const { rows } = await pool.query<{ definition: string }>(
    `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = $1`,
    [`${table}_state_check`],
  );
  const allowed = [...(rows[0]?.definition ?? '').matchAll(/'(\w+)'::text/g)].map((match) => match[1]);
  expect(allowed.sort()).toEqual([...states].sort());
});

test.each([
  ['a receipt of an unknown kind', ['guess', null, 1, 1, '{}', 32]],
  ['an outcome without a result', ['outcome', null, 1, 1, '{}', 32]],
  ['an intent with a result', ['intent', 'succeeded', 1, 1, '{}', 32]],
  ['an outcome that a resolution would have', ['outcome', 'abandoned', 1, 1, '{}', 32]],
  ['a decision on an item', ['decision', null, 1, 1, '{}', 32]],
  ['an intent without an item', ['intent', null, null, null, '{}', 32]],
  ['a step zero', ['intent', null, 1, 0, '{}', 32]],
  ['a leaf that is no SHA-256', ['intent', null, 1, 1, '{}', 31]],
  ['a body over the limit', ['intent', null, 1, 1, 'x'.repeat(65_536), 32]],
] as const)('the database refuses %s', async (_what, [kind, result, ordinal, step, body, leafBytes]) => {
  const insert = pool.query(
    `INSERT INTO receipt (batch_id, chunk, seq, kind, result, ordinal, step, body, leaf) VALUES (gen_random_uuid(), 1, 1, $1, $2, $3, $4, $5, $6)`,
    [kind, result, ordinal, step, Buffer.from(body), Buffer.alloc(leafBytes)],
  );
  await expect(insert).rejects.toThrow(/violates check constraint "receipt_/);
});
