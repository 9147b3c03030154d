/**
 * What the database allows: bare INSERTs of rows of the same bytes as a batch's receipts into a table with the same defaults and indexes, 50
 * intents and 50 outcomes per 50 items, over 4 connections.
 */
import pg from 'pg';
import { byteaArray } from '#lib/store/postgres/bytea-array.ts';

const CONNECTIONS = 4;
const ROWS = 50;
const BATCH = '00000000-0000-4000-8000-000000000000';

/** Made beforehand, in the form in which ours are sent too. */
type Page = { bodies: Buffer; leaves: Buffer };

/** The bytes of so many receipts of a batch. The rows made of them may share their bytes: PostgreSQL stores each of them. */
async function pageOf(superuser: pg.Client, batchId: string, kind: 'intent' | 'outcome', rows: number): Promise<Page> {
  const read = await superuser.query<{ body: Buffer; leaf: Buffer }>(
    'SELECT body, leaf FROM receipt WHERE batch_id = $1 AND kind = $2 LIMIT $3',
    [batchId, kind, rows],
  );
  return { bodies: byteaArray(read.rows.map(({ body }) => body)), leaves: byteaArray(read.rows.map(({ leaf }) => leaf)) };
}

/** Items a second. */
export async function floorOf(superuser: pg.Client, ownerUrl: string, items: number, batchId: string): Promise<number> {
  const intents = await pageOf(superuser, batchId, 'intent', ROWS);
  const outcomes = await pageOf(superuser, batchId, 'outcome', ROWS);
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = new pg.Client({ connectionString: ownerUrl });
      await client.connect();
      return client;
    }),
  );
  await connections[0]?.query(
    'DROP TABLE IF EXISTS floor; CREATE TABLE floor (LIKE receipt INCLUDING DEFAULTS INCLUDING INDEXES)',
  );
  const rows = Math.ceil(items / ROWS) * ROWS;
  const started = performance.now();
  let next = 1;
  await Promise.all(
    connections.map(async (client, index) => {
      for (let seq = 1; next <= rows; seq += 2 * ROWS) {
        const first = next;
        const ordinals = Array.from({ length: ROWS }, (_, at) => first + at);
        next += ROWS;
        await insertBare(client, index + 1, seq, ordinals, 1, intents);
        await insertBare(client, index + 1, seq + ROWS, ordinals, 2, outcomes);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const stored = await superuser.query<{ count: number }>('SELECT count(*)::int AS count FROM floor');
  if (stored.rows[0]?.count !== 2 * rows) throw new Error(`the floor stored ${stored.rows[0]?.count} rows`);
  await Promise.all(connections.map((client) => client.end()));
  return rows / seconds;
}

async function insertBare(
  client: pg.Client,
  chunk: number,
  seq: number,
  ordinals: number[],
  step: number,
  page: Page,
): Promise<void> {
  await client.query({
    name: 'bare',
    text: `INSERT INTO floor (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
           SELECT $1, $2, $3 - 1 + r.i, r.ordinal, $4, $5, $6, r.body, r.leaf
           FROM unnest($7::int[], $8::bytea[], $9::bytea[]) WITH ORDINALITY AS r(ordinal, body, leaf, i)`,
    values: [
      ...[BATCH, chunk, seq, step, step === 1 ? 'intent' : 'outcome', step === 1 ? null : 'succeeded'],
      ...[ordinals, page.bodies, page.leaves],
    ],
  });
}
