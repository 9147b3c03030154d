/** I1 and I2 where the acknowledgement of a commit is lost: what is found out, what is written again, and who is told that it is too late. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { expect, test } from 'vitest';
import type { Claim } from '#lib/store/chunks/claims.sql.ts';
import { testDatabase } from '#test/database.ts';
import { seedBatch } from '#test/fixtures/batch.ts';
import { counters, steps } from '#test/fixtures/started-batch.ts';
import { executionStore } from './execution-store.ts';
import { receiptWriter } from './receipt-writer.ts';

const { pool } = await testDatabase();

const sealed = (ordinal: number, step: number) => ({
  ...{ ordinal, step, body: Buffer.from(`{"v":${ordinal}.${step}}`), leaf: Buffer.alloc(32, 16 * ordinal + step) },
});
const intent = (ordinal: number) => ({ ...sealed(ordinal, 1), values: [], from: null });
const outcome = (ordinal: number) => ({ ...sealed(ordinal, 2), result: 'succeeded' as const, values: [] });

async function claimed(length = 3): Promise<Claim> {
  const items = Array.from({ length }, () => ({ fields: { subject: 'one' }, category: 'noise' }));
  const { batchId, datasetId, chunks } = await seedBatch(pool, {
    plan: { receiptFields: [] },
    chunks: [{ state: 'executing', items }],
  });
  return {
    chunkId: chunks[0]?.id ?? '',
    batchId,
    datasetId,
    number: 1,
    epoch: 0,
    state: 'executing',
    stopping: null,
    probes: [],
  };
}

/** The lease holds. */
const always = () => true;

type Ask = (...asked: unknown[]) => Promise<unknown>;

/** The first statement that writes receipts is met by `meet` instead of the server. */
function meeting(meet: (client: PoolClient, ask: () => Promise<unknown>) => Promise<unknown>): Pool {
  let met = false;
  const connect = async (): Promise<PoolClient> => {
    const client = await pool.connect();
    const query = client.query.bind(client) as Ask;
    const answered = async (...asked: unknown[]): Promise<unknown> => {
      const name = (asked[0] as { name?: string }).name ?? '';
      if (met || !name.startsWith('insert-')) return query(...asked);
      met = true;
      return meet(client, () => query(...asked));
    };
    return new Proxy(client, {
      get(of, name) {
        const value = Reflect.get(of, name);
        return name === 'query' ? answered : typeof value === 'function' ? value.bind(of) : value;
      },
    });
  };
  return new Proxy(pool, { get: (of, name) => (name === 'connect' ? connect : Reflect.get(of, name).bind(of)) });
}

const LOST = new Error('Connection terminated unexpectedly');

test('a statement that was lost before the server had it is written again, once', async () => {
  const claim = await claimed();
  const writer = receiptWriter(executionStore(meeting(() => Promise.reject(LOST))), claim, always);
  await writer.intent(intent(1));
  expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent'] });
  expect(await counters(pool, claim.batchId)).toMatchObject({ inFlight: 1, seq: 2 });
});

test('a statement whose answer was lost is found, and not written again', async () => {
  const claim = await claimed();
  const writer = receiptWriter(
    executionStore(
      meeting(async (_client, ask) => {
        await ask();
        throw LOST;
      }),
    ),
    claim,
    always,
  );
  await writer.intent(intent(1));
  expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent'] });
  expect(await counters(pool, claim.batchId)).toMatchObject({ inFlight: 1, seq: 2 });
});

test('nothing is looked up before that server process is gone: it may still commit', async () => {
  const claim = await claimed();
  const holder = await pool.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM chunk WHERE id = $1 FOR UPDATE', [claim.chunkId]);
  const { rows } = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const waiting = async (): Promise<number[]> => {
    const found = await pool.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))', [
      rows[0]?.pid,
    ]);
    return found.rows.map(({ pid }) => pid);
  };
  const writer = receiptWriter(
    executionStore(
      meeting(async (client, ask) => {
        const asked = ask();
        while ((await waiting()).length === 0) await sleep(10);
        // The server doesn't notice while it waits for the row.
        (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
        return asked;
      }),
    ),
    claim,
    always,
  );
  const written = writer.intent(intent(1));
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  written.then(end, end);
  while ((await waiting()).length === 0) await sleep(10);
  const [first] = await waiting();
  // Another process waits for the row: the statement is being written again.
  while (!ended && !(await blocked()).some((pid) => pid !== first)) await sleep(20);
  const stillThere = (await pool.query('SELECT FROM pg_stat_activity WHERE pid = $1', [first])).rowCount;
  await holder.query('COMMIT');
  holder.release();
  expect(stillThere).toBe(0);
  await written;
  expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent'] });
  expect(await counters(pool, claim.batchId)).toMatchObject({ inFlight: 1, seq: 2 });

  async function blocked(): Promise<number[]> {
    const found = await pool.query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0',
    );
    return found.rows.map(({ pid }) => pid);
  }
});

test('who writes a step that somebody else wrote is told that the chunk is lost', async () => {
  const claim = await claimed();
  // The second is in flight all the time, so that the counters allow another outcome.
  await receiptWriter(executionStore(pool), claim, always).intents([intent(1), intent(2)]);
  await expect(receiptWriter(executionStore(pool), claim, always).intent(intent(1))).rejects.toMatchObject({ why: 'lost' });
  await receiptWriter(executionStore(pool), claim, always).outcome(outcome(1));
  await expect(receiptWriter(executionStore(pool), claim, always).outcome(outcome(1))).rejects.toMatchObject({ why: 'lost' });
  expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'], 2: ['intent'] });
});

test.each(['53100', '53200', '53300', '25006'])(
  'a statement that the server refused for want of room (%s) is written again',
  async (code) => {
    const claim = await claimed();
    const refusing = meeting(() => Promise.reject(Object.assign(new Error('no room'), { code, severity: 'ERROR' })));
    const writer = receiptWriter(executionStore(refusing), claim, always);
    await Promise.all([writer.intent(intent(1)), writer.intent(intent(2))]);
    await Promise.all([writer.outcome(outcome(1)), writer.outcome(outcome(2))]);
    expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'], 2: ['intent', 'outcome:succeeded'] });
  },
);

test('once the lease has lapsed an answer that is known is still written, and no intent goes with it', async () => {
  const claim = await claimed();
  await receiptWriter(executionStore(pool), claim, always).intent(intent(1));
  const late = receiptWriter(executionStore(pool), claim, () => false);
  const [known, next] = await Promise.allSettled([late.outcome(outcome(1)), late.intent(intent(2))]);
  expect(known).toMatchObject({ status: 'fulfilled' });
  expect(next).toMatchObject({ status: 'rejected', reason: { why: 'lost' } });
  expect(await steps(pool, claim.batchId)).toEqual({ 1: ['intent', 'outcome:succeeded'] });
});

test('what waits is stored in groups that double, and no intent before the outcome that freed its slot', async () => {
  const claim = await claimed(50);
  const writer = receiptWriter(executionStore(pool), claim, always);
  const slots = Array.from({ length: 25 }, (_, at) => at + 1);
  await writer.intents(slots.map(intent));
  // What failed frees no slot at once: there are more outcomes than intents.
  const next = (slot: number) => (slot <= 6 ? [] : [writer.intent(intent(slot + 25))]);
  await Promise.all(slots.flatMap((slot) => [writer.outcome(outcome(slot)), ...next(slot)]));
  const { rows } = await pool.query<{ kind: string; ordinal: number; transaction: string }>(
    'SELECT kind, ordinal, xmin::text AS transaction FROM receipt WHERE batch_id = $1 AND (ordinal > 25 OR step = 2) ORDER BY seq',
    [claim.batchId],
  );
  const ended = new Set<number>();
  const early = rows.filter(({ kind, ordinal }) => {
    if (kind === 'outcome') ended.add(ordinal);
    return kind === 'intent' && !ended.has(ordinal - 25);
  });
  expect(early).toEqual([]);
  const sizes = new Map<string, number>();
  for (const { kind, transaction } of rows) if (kind === 'intent') sizes.set(transaction, (sizes.get(transaction) ?? 0) + 1);
  expect([...sizes.values()]).toEqual([4, 8, 7]);
});
