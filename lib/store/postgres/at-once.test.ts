/** Exchanges on one connection: in their order, whole or not at all, and the connection can be used again. */
import type { PoolClient } from 'pg';
import { expect, test } from 'vitest';
import { testDatabase } from '#test/database.ts';
import { type Asked, Exchanges } from './at-once.ts';

const { pool } = await testDatabase();

async function withTable(act: (client: PoolClient, exchanges: Exchanges) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  client.on('error', () => {});
  try {
    await client.query('CREATE TEMPORARY TABLE pairs (n int NOT NULL, word text)');
    await act(client, new Exchanges(client));
  } finally {
    client.release(true);
  }
}

const COPY = 'COPY pairs FROM STDIN';
const transaction = (...asked: Asked[]): Asked[] => [{ text: 'BEGIN' }, ...asked, { text: 'COMMIT' }];
/** More than a socket takes at once. */
const many = (from: number, count: number): Buffer[] =>
  Array.from({ length: count }, (_, at) => Buffer.from(`${from + at}\t${'x'.repeat(1_000)}\n`));

test('those that are sent before the answer to another one are answered in their order, and so is what pg is asked behind them', async () => {
  await withTable(async (client, exchanges) => {
    const answers: string[] = [];
    const told = (name: string) => () => void answers.push(name);
    const first = transaction(
      { text: COPY, rows: many(1, 9_000) },
      { text: COPY, rows: [] },
      { text: 'UPDATE pairs SET word = $2 WHERE n <= $1', values: [2, null] },
    );
    const one = exchanges.ask(first).then(told('one'));
    const two = exchanges.ask(transaction({ text: COPY, rows: many(9_001, 1_000) })).then(told('two'));
    await Promise.all([one, two]);
    expect(answers).toEqual(['one', 'two']);
    const { rows } = await client.query('SELECT count(*)::int AS all, count(word)::int AS words, max(n) AS last FROM pairs');
    expect(rows).toEqual([{ all: 10_000, words: 9_998, last: 10_000 }]);
    await exchanges.ask([{ text: 'SELECT 1' }]);
  });
});

test('what fails in the middle of its rows is not kept, nor what was sent behind it, and the connection goes on', async () => {
  await withTable(async (client, exchanges) => {
    const wrong = [...many(1, 2_000), Buffer.from('no number\tx\n'), ...many(2_001, 6_000)];
    const one = exchanges.ask(transaction({ text: COPY, rows: wrong }));
    const two = exchanges.ask(transaction({ text: COPY, rows: many(1, 500) }));
    const [first, second] = await Promise.allSettled([one, two]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: '22P02' } });
    expect(second).toMatchObject({ status: 'rejected', reason: { code: '25P02' } });
    await client.query('ROLLBACK');
    await exchanges.ask(transaction({ text: COPY, rows: many(1, 3) }));
    expect((await client.query('SELECT n FROM pairs ORDER BY n')).rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });
});

test('a connection that is cut fails all that waits for an answer', async () => {
  await withTable(async (_, exchanges) => {
    const one = exchanges.ask([{ text: 'SELECT pg_terminate_backend(pg_backend_pid())' }, { text: COPY, rows: many(1, 5_000) }]);
    const two = exchanges.ask(transaction({ text: COPY, rows: many(1, 5_000) }));
    const ends = await Promise.allSettled([one, two]);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
