import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { readDatasets } from '#lib/steps/datasets/read-datasets.ts';
import { testDatabase } from '#test/database.ts';
import { BO } from '#test/fixtures/started-batch.ts';
import { readDatasetHead } from './datasets.ts';

const database = await testDatabase();
const { pool } = database;

test('a list that is paged by time has each dataset once, also those of the same instant', async () => {
  const ids = Array.from({ length: 9 }, () => randomUUID());
  // Three instants of three datasets each.
  await pool.query(
    `INSERT INTO dataset (id, name, state, created_by, created_at)
     SELECT id, 'd', 'ready', 'key:env', timestamptz '2026-01-01 00:00:00.123Z' + ((place - 1) / 3) * interval '1 millisecond'
     FROM unnest($1::uuid[]) WITH ORDINALITY AS d(id, place)`,
    [ids],
  );
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM dataset ORDER BY created_at DESC, id DESC');
  for (const limit of [1, 2, 3, 4]) {
    const seen: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof readDatasets>> = await readDatasets(BO, { limit, cursor });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
      if (cursor === null) break;
    }
    expect(seen).toEqual(rows.map(({ id }) => id));
  }
});

test('of a large file the bytes are a number, and the digest is written in hex', async () => {
  const id = randomUUID();
  await pool.query(
    `INSERT INTO dataset (id, name, state, created_by, bytes, digest, dialect) VALUES ($1, 'd', 'ready', 'key:env', 5000000000, decode('00ff', 'hex'), '{"delimiter": ";"}')`,
    [id],
  );
  expect(await readDatasetHead(database, id)).toMatchObject({
    bytes: 5_000_000_000,
    digest: '00ff',
    dialect: { delimiter: ';' },
  });
  expect(await readDatasetHead(database, randomUUID())).toBeNull();
});
