/** COPY off the socket: every row and byte of it, whatever comes between, and a connection that can be used again. */
import type { Pool, PoolClient } from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { CopyRows, copyOut } from './copy-out.ts';
import { openPool } from './db.ts';

const { pool, url } = await testDatabase();
const copies = openPool(url, { reads: 'copies' });
afterAll(() => copies.end());

const NO_LIMIT = { into: Buffer.alloc(0), most: Number.POSITIVE_INFINITY };

async function clientOf<Got>(own: Pool, act: (client: PoolClient) => Promise<Got>): Promise<Got> {
  const client = await own.connect();
  try {
    return await act(client);
  } finally {
    // Others must not get one that a test left in the middle of something.
    client.release(true);
  }
}

const copy = (query: string): string => `COPY (${query}) TO STDOUT (FORMAT binary)`;

describe.each([
  ['over a stream with memory of its own', pool],
  ['read in place', copies],
])('%s', (_, own) => {
  const withClient = <Got>(act: (client: PoolClient) => Promise<Got>): Promise<Got> => clientOf(own, act);

  test('gives every row, of any size, as the statement has them, and uses its room again', async () => {
    // Longer than what a socket gives at once, shorter than a message's header, and none.
    const query = `SELECT n, CASE WHEN n % 7 = 0 THEN NULL ELSE n * 3 END AS three, n % 2 = 0 AS even, CASE n % 3 WHEN 0 THEN 'intent' WHEN 1 THEN 'Ünï' END AS word,
      decode(repeat(lpad(to_hex(n % 256), 2, '0'), CASE WHEN n % 500 = 0 THEN 300000 ELSE n % 97 END), 'hex') AS bytes FROM generate_series(1, 3000) n`;
    const { rows } = await pool.query(query);
    await withClient(async (client) => {
      let into: Buffer = Buffer.alloc(0);
      for (let round = 0; round < 2; round += 1) {
        const copied = await copyOut(client, copy(query), { ...NO_LIMIT, into });
        if (!copied) throw new Error('There is no limit.');
        if (round > 0) expect(copied.bytes).toBe(into);
        into = copied.bytes;
        const read = new CopyRows(copied);
        const got: unknown[] = [];
        while (read.next()) {
          const [n, three, even, word, from] = [read.int(), read.int(), read.bool(), read.word(), read.field()];
          got.push({ n, three, even, word, bytes: Buffer.from(copied.bytes.subarray(from, read.at)) });
        }
        expect(got).toEqual(rows.map((row) => ({ ...row, three: row.three ?? 0 })));
      }
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
  });

  test('rows that are none, and notices between rows', async () => {
    await withClient(async (client) => {
      const none = await copyOut(client, copy('SELECT 1 WHERE false'), NO_LIMIT);
      expect(new CopyRows(none!).next()).toBe(false);
      await client.query(
        `CREATE FUNCTION pg_temp.told(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'row %', n; RETURN n; END $$`,
      );
      const told = await copyOut(client, copy('SELECT pg_temp.told(n) FROM generate_series(1, 500) n'), NO_LIMIT);
      const rows = new CopyRows(told!);
      for (let n = 1; n <= 500; n += 1) expect([rows.next(), rows.int()]).toEqual([true, n]);
      expect(rows.next()).toBe(false);
    });
  });

  test('a statement that fails, at once or in the middle, says so and leaves the connection as it was', async () => {
    await withClient(async (client) => {
      await expect(copyOut(client, copy('SELECT nothing'), NO_LIMIT)).rejects.toMatchObject({ code: '42703' });
      await expect(
        copyOut(client, copy('SELECT 1 / (20000 - n) FROM generate_series(1, 30000) n'), NO_LIMIT),
      ).rejects.toMatchObject({
        code: '22012',
      });
      const rows = new CopyRows((await copyOut(client, copy('SELECT 7'), NO_LIMIT))!);
      expect([rows.next(), rows.int(), rows.next()]).toEqual([true, 7, false]);
    });
  });

  test('a connection that breaks in the middle fails, and more than most is null', async () => {
    await withClient(async (client) => {
      expect(
        await copyOut(client, copy(`SELECT repeat('x', 1000) FROM generate_series(1, 1000)`), { ...NO_LIMIT, most: 10_000 }),
      ).toBeNull();
    });
    await withClient(async (client) => {
      client.on('error', () => {});
      const copied = copyOut(client, copy('SELECT pg_terminate_backend(pg_backend_pid()) FROM generate_series(1, 2)'), NO_LIMIT);
      await expect(copied).rejects.toThrow();
    });
  });
});
