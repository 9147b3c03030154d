import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { NOTIFY_PER_SECOND_MAX } from '#lib/core/limits.ts';
import { pruneEvents } from '#lib/store/live/events.ts';
import { testDatabase } from '#test/database.ts';
import { announce, listen } from './events.ts';

const { pool, prisma, url, superPool } = await testDatabase();

const eventsOf = async (batchId: string) =>
  (await pool.query('SELECT chunk, seq, kind FROM event WHERE batch_id = $1 ORDER BY id', [batchId])).rows;
const soon = { timeout: 60_000, interval: 20 };

test('a flood is told a few times a second, and its last word is told', async () => {
  const batchId = randomUUID();
  let heard = 0;
  const deaf = listen(url, batchId, () => {
    heard += 1;
  });
  await vi.waitFor(() => expect(heard).toBe(1), soon);
  const began = performance.now();
  let seq = 0;
  while (performance.now() - began < 1_000) {
    seq += 1;
    announce(pool, batchId, { chunk: 1, seq, kind: 'receipts' });
    await sleep(1);
  }
  await vi.waitFor(async () => expect((await eventsOf(batchId)).at(-1)?.seq).toBe(seq), soon);
  const told = (await eventsOf(batchId)).length;
  const seconds = (performance.now() - began) / 1000;
  expect(told).toBeLessThanOrEqual(Math.ceil(seconds * NOTIFY_PER_SECOND_MAX) + 1);
  await vi.waitFor(() => expect(heard).toBe(1 + told), soon);
  deaf();
});

test('every chunk that changed is named, up to a hundred; then the batch is', async () => {
  const [few, many] = [randomUUID(), randomUUID()];
  for (let chunk = 1; chunk <= 10; chunk += 1) announce(pool, few, { chunk, kind: 'state' });
  for (let chunk = 1; chunk <= 500; chunk += 1) announce(pool, many, { chunk, kind: 'state' });
  await vi.waitFor(async () => expect(new Set((await eventsOf(few)).map(({ chunk }) => chunk)).size).toBe(10), soon);
  await vi.waitFor(async () => expect((await eventsOf(many)).at(-1)).toMatchObject({ chunk: null, kind: 'many' }), soon);
});

test('a worker never stumbles over its audience: a database that is away costs a hint and nothing else', async () => {
  const broken = { query: async () => Promise.reject(new Error('the database is away')) } as unknown as typeof pool;
  expect(() => announce(broken, randomUUID(), { kind: 'state' })).not.toThrow();
  await sleep(50);
});

test('only those who listen to the batch hear it, each once, until they leave', async () => {
  const [mine, other] = [randomUUID(), randomUUID()];
  const heard: string[] = [];
  const hear = (): void => {
    heard.push('mine');
  };
  const leave = [listen(url, mine, hear), listen(url, mine, hear), listen(url, other, () => heard.push('other'))];
  await vi.waitFor(() => expect(heard).toHaveLength(3), soon);
  heard.length = 0;
  announce(pool, mine, { kind: 'state' });
  await vi.waitFor(() => expect(heard).toEqual(['mine', 'mine']), soon);
  leave[0]?.();
  await sleep(300);
  announce(pool, mine, { kind: 'state' });
  await vi.waitFor(() => expect(heard).toEqual(['mine', 'mine', 'mine']), soon);
  for (const one of leave.slice(1)) one();
  await vi.waitFor(async () => expect(await listeners()).toBe(0), soon);
});

test('a lost connection is made again, and then everybody looks', async () => {
  const batchId = randomUUID();
  let heard = 0;
  const deaf = listen(url, batchId, () => {
    heard += 1;
  });
  await vi.waitFor(() => expect(heard).toBe(1), soon);
  await superPool.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign live' AND datname = current_database()",
  );
  await vi.waitFor(() => expect(heard).toBe(2), soon);
  announce(pool, batchId, { kind: 'state' });
  await vi.waitFor(() => expect(heard).toBe(3), soon);
  deaf();
});

test('old events go, recent ones stay', async () => {
  const batchId = randomUUID();
  await pool.query(
    `INSERT INTO event (batch_id, kind, at) VALUES ($1, 'old', now() - interval '61 minutes'), ($1, 'new', now())`,
    [batchId],
  );
  expect(await pruneEvents({ prisma })).toBe(1);
  expect(await eventsOf(batchId)).toMatchObject([{ kind: 'new' }]);
});

async function listeners(): Promise<number> {
  const { rows } = await superPool.query(
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'countersign live' AND datname = current_database()",
  );
  return rows[0].n;
}
