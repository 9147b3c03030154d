/** The live board over 20 batches and 8 workers: every figure of it against the tables themselves, counted the plain way. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '#lib/auth/actor.ts';
import { WAITS } from '#lib/core/chunks/waits-for.ts';
import { latencyBucket, noLatencies } from '#lib/core/fleet/latency.ts';
import type { BatchState, ChunkState } from '#lib/core/lifecycle.ts';
import type { Board } from '#lib/shapes/board.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { readBatches } from '#lib/steps/batches/read-batches.ts';
import { readChunks } from '#lib/steps/chunks/read-chunks.ts';
import { claimChunk } from '#lib/store/chunks/claims.sql.ts';
import { writeTally } from '#lib/store/fleet/tallies.sql.ts';
import { keepTallies } from '#lib/store/fleet/tallies.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedChunk, type SeedItem, seedBatch } from '#test/fixtures/batch.ts';
import { leasesCount } from '#test/fixtures/started-batch.ts';
import { readBoard } from './read-board.ts';
import { readFigures } from './read-figures.ts';

const { pool } = await testDatabase();
const ADA: Actor = { id: `user:${randomUUID()}`, role: 'admin', name: 'Ada', via: 'page' };
const CRM = 'https://crm.example';
const MAIL = 'https://mail.example:8443';

const item = (more: Partial<SeedItem> = {}): SeedItem => ({
  fields: { date: '2026-01-02', from: 'a@b.c', subject: 's' },
  category: 'noise',
  ...more,
});
const DONE: Partial<SeedItem> = { receipts: ['intent', 'outcome:succeeded'] };
const chunk = (state: ChunkState, items: Partial<SeedItem>[] = [{}, {}], more: Partial<SeedChunk> = {}): SeedChunk => ({
  state,
  items: items.map(item),
  ...more,
});
const raw: SeedItem = { fields: { date: '', from: '', subject: '' } };

/** Chunks of one batch; what a seed has no words for is written afterwards. */
type Made = { batchId: string; ids: string[]; name: string; state: BatchState };
const made: Made[] = [];
async function make(name: string, state: BatchState, chunks: SeedChunk[]): Promise<Made> {
  const { batchId, chunks: rows } = await seedBatch(pool, { name, state, chunks });
  const one = { batchId, ids: rows.map(({ id }) => id), name, state };
  made.push(one);
  return one;
}
const set = (id: string | undefined, changes: string, ...values: unknown[]) =>
  pool.query(`UPDATE chunk SET ${changes} WHERE id = $1`, [id, ...values]);

const workers: { id: string; pid: number; heard: string; state: string; wish: string | null }[] = Array.from(
  { length: 8 },
  (_, n) => ({
    id: randomUUID(),
    pid: 100 + n,
    heard: n === 6 ? '1 minute' : n === 7 ? '2 hours' : '0 seconds',
    state: 'idle',
    wish: n === 5 ? 'drain' : null,
  }),
);
const own = (id: string | undefined, worker: number, lease = '1 minute') =>
  set(
    id,
    `lease_owner = $2, claimed_at = clock_timestamp(), lease_until = clock_timestamp() + $3::interval`,
    workers[worker]?.id,
    lease,
  );

let board: Board;

/** Those who live say so once more: making the batches takes a while. */
const beat = async (): Promise<void> => {
  for (const { id, heard } of workers)
    await pool.query('UPDATE worker SET heartbeat = clock_timestamp() - $2::interval WHERE id = $1', [id, heard]);
};

beforeAll(async () => {
  for (const { id, pid, heard, state, wish } of workers)
    await pool.query(
      `INSERT INTO worker (id, host, pid, state, wish, heartbeat) VALUES ($1, 'host', $2, $3, $4, clock_timestamp() - $5::interval)`,
      [id, pid, state, wish, heard],
    );
  // One to six: at work. Two workers have several chunks of several batches; one owner lost its lease.
  for (const n of [0, 1, 2, 3, 4, 5]) {
    const one = await make(`At work ${n}`, 'running', [
      chunk('executing', [DONE, DONE, { receipts: ['intent'] }, {}]),
      chunk('classifying', [{}, {}, {}]),
      chunk('awaiting_review'),
      chunk('done', [DONE, DONE, DONE]),
      { state: 'proposed', items: [raw, raw] },
    ]);
    await own(one.ids[0], n % 3);
    await own(one.ids[1], n === 5 ? 4 : 3, n === 5 ? '-1 second' : '1 minute');
  }
  // Seven: a breaker holds it. Eight: it halted there. Nine: another target that somebody paused.
  const incidents = { [CRM]: randomUUID(), [MAIL]: randomUUID() };
  await pool.query(
    `INSERT INTO incident (id, kind, message) VALUES ($1, 'target', 'crm.example refuses our requests (HTTP 401)'), ($2, 'paused', 'Bo paused it')`,
    [incidents[CRM], incidents[MAIL]],
  );
  await pool.query(
    `INSERT INTO breaker (target, state, incident_id, paused_by) VALUES ($1, 'open', $2, NULL), ($3, 'open', $4, 'user:x')`,
    [...[CRM, incidents[CRM], MAIL, incidents[MAIL]]],
  );
  const held = await make('Close tickets', 'running', [chunk('executing'), chunk('approved'), chunk('queued', [{}])]);
  for (const id of held.ids) await set(id, 'targets = $2', [CRM]);
  const halted = await make('Halted there', 'running', [
    chunk('halted', [{}, {}], { decidedBy: 'user:x' }),
    chunk('halted', [{}], { decidedBy: 'user:x' }),
  ]);
  await set(halted.ids[0], 'targets = $2, incident_id = $3', [CRM], incidents[CRM]);
  const paused = await make('Paused target', 'running', [chunk('approved')]);
  await set(paused.ids[0], 'targets = $2', [MAIL]);
  // Ten to twelve: given back until an hour; one of the hours has come.
  for (const [what, hours] of [
    ['retry_after', '1 hour'],
    ['rate', '1 minute'],
    ['target', '-1 minute'],
  ]) {
    const one = await make(`Given back for ${what}`, 'running', [chunk('executing')]);
    await set(
      one.ids[0],
      `waits_for = $2, not_before = clock_timestamp() + $3::interval, targets = '{https://slow.example}'`,
      what,
      hours,
    );
  }
  // Thirteen: one after the other. Fourteen: another chunk's first actions are to be looked at.
  const sequential = await make('In order', 'running', [
    chunk('done', [DONE]),
    chunk('awaiting_review'),
    chunk('queued', [{}]),
    chunk('approved'),
  ]);
  await pool.query(`UPDATE batch SET routing = 'sequential' WHERE id = $1`, [sequential.batchId]);
  const first = await make('First three', 'running', [
    chunk('awaiting_release', [DONE, {}]),
    chunk('approved', [{}, {}], { released: false }),
  ]);
  await set(first.ids[1], 'has_first = false');
  // Fifteen, sixteen: paused as a whole, and one chunk of it. Seventeen: uncertain. Eighteen to twenty: not under way.
  await make('Paused', 'paused', [
    chunk('paused', [DONE, {}]),
    chunk('queued', [{}]),
    chunk('awaiting_second'),
    chunk('executing'),
  ]);
  const part = await make('Partly paused', 'running', [chunk('queued', [{}]), chunk('approved')]);
  await set(part.ids[0], `stopping = 'pause'`);
  await make('Doubts', 'running', [
    chunk('unresolved', [
      { receipts: ['intent', 'outcome:uncertain'], reason: 'timeout' },
      { receipts: ['intent', 'outcome:uncertain', 'resolution:abandoned'], reason: 'timeout' },
    ]),
  ]);
  await make('Over', 'finished', [chunk('done', [DONE, DONE])]);
  await make('Stopped', 'cancelled', [chunk('cancelled')]);
  await make('Not yet', 'proposed', [{ state: 'proposed', items: [raw] }]);
  await leasesCount(pool);

  const [one, two] = [workers[0]?.id ?? '', workers[1]?.id ?? ''];
  const histogram = (...durations: number[]) => {
    const counts = noLatencies();
    for (const ms of durations) counts[latencyBucket(ms)] = (counts[latencyBucket(ms)] ?? 0) + 1;
    return counts;
  };
  const target = (requests: number, failed: number, ...durations: number[]) => ({
    requests,
    failed,
    latencies: histogram(...durations),
  });
  await writeTally(pool, one, { receipts: 12, classified: 500, targets: new Map([[CRM, target(3, 1, 20, 30, 900)]]) });
  await writeTally(pool, one, { receipts: 8, classified: 0, targets: new Map([[CRM, target(1, 1, 40)]]) });
  await writeTally(pool, two, { receipts: 0, classified: 7, targets: new Map([['https://other.example', target(2, 0, 1, 2)]]) });
  await writeTally(pool, two, { receipts: 0, classified: 0, targets: new Map() });
  // As if time had passed: in this hour, before it, and as long ago as is kept.
  await pool.query(`UPDATE worker_tally SET at = at - interval '2 minutes'`);
  await pool.query(
    `INSERT INTO worker_tally (at, worker_id, receipts, classified) SELECT date_bin('10 seconds', now() - t.ago::interval, 'epoch'), $1, t.n, 0
     FROM (VALUES ('59 minutes', 5), ('61 minutes', 1000)) AS t(ago, n)`,
    [two],
  );
  await pool.query(`INSERT INTO database_size (hour, bytes) VALUES (date_trunc('hour', now() - interval '48 hours'), 1000)`);
  await pool.query(
    `INSERT INTO incident (id, kind, message, resolved_at) VALUES ($1, 'database', 'full', now() - interval '1 day'), ($2, 'database', 'full', now() - interval '8 days')`,
    [randomUUID(), randomUUID()],
  );
  await beat();
  board = await readBoard(ADA);
});

const number = async (sql: string, ...values: unknown[]): Promise<number> =>
  Number((await pool.query(sql, values)).rows[0]?.n ?? 0);

test('every batch that is under way is there, in order, with its items', async () => {
  expect(made).toHaveLength(20);
  const { rows } = await pool.query(
    `SELECT b.id, b.name, b.state,
       (SELECT sum(item_count)::int FROM chunk WHERE batch_id = b.id) AS items,
       (SELECT count(*)::int FROM chunk_item i JOIN chunk c ON c.id = i.chunk_id
        CROSS JOIN LATERAL (SELECT (SELECT r.result FROM receipt r WHERE r.batch_id = b.id AND r.ordinal = i.ordinal ORDER BY r.step DESC LIMIT 1) AS last) r
        WHERE i.batch_id = b.id AND (c.state IN ('done', 'closed') OR r.last IN ('succeeded', 'failed', 'skipped', 'abandoned')
          OR c.state <> 'cancelled' AND (r.last = 'not_executed'
            OR EXISTS (SELECT FROM manifest_row m WHERE m.decision_id = c.decision_id AND m.ordinal = i.ordinal AND m.connector IS NULL)))) AS "itemsDone"
     FROM batch b WHERE state IN ('running', 'paused') ORDER BY started_at, id`,
  );
  expect(board.batches.map(({ id, name, state, items, itemsDone }) => ({ id, name, state, items, itemsDone }))).toEqual(rows);
  expect(board.batchCount).toBe(17);
});

test('what each says is what its page and the list say', async () => {
  await beat();
  const list = new Map((await readBatches(ADA, { limit: 100 })).items.map(({ id, says }) => [id, says]));
  for (const { id, name, says } of board.batches) {
    expect(list.get(id), name).toEqual(says);
    // On a busy machine all of these take longer than a worker may be silent.
    await beat();
    expect((await readBatch(ADA, { batchId: id }))?.says, name).toEqual(says);
  }
  const words = Object.fromEntries([...list].map(([id, says]) => [made.find(({ batchId }) => batchId === id)?.name, says]));
  expect(words).toMatchObject({
    'At work 0': { mood: 'running', words: 'Running (2) · waiting for a person (1) · waiting for an earlier review (1)' },
    'At work 5': {
      words: 'Running (1) · waiting for a person (1) · waiting for a worker (1) · waiting for an earlier review (1)',
    },
    'Close tickets': { mood: 'stands', words: `Waiting for ${CRM} (2) · waiting for a worker (1)` },
    'Halted there': { mood: 'stands', words: `Halted (1) · waiting for ${CRM} (1)` },
    'Given back for retry_after': {
      mood: 'waits',
      words: expect.stringMatching(/^Waiting for https:\/\/slow\.example until .*\d\d:\d\d UTC, as the target asked \(1\)$/),
    },
    'Given back for target': { words: 'Waiting for a worker (1)' },
    'In order': { words: 'Waiting for a person (1) · blocked by an earlier chunk (2)' },
    'First three': { mood: 'asks', words: 'Waiting for a person (2)' },
    Paused: { mood: 'paused', words: 'Paused · waiting for a person (1)' },
    Doubts: { mood: 'asks', words: 'Waiting for a person (1) · 1 action uncertain' },
    Over: { mood: 'finished', words: 'Finished' },
    Stopped: { mood: 'cancelled', words: 'Cancelled' },
    'Not yet': { mood: 'proposed', words: 'Not started' },
  });
});

test('the queue is the chunks themselves, and none stands still in silence', async () => {
  const counts = new Map<string, number>();
  for (const { batchId, state } of made.filter((one) => ['running', 'paused'].includes(one.state))) {
    for (const { state: chunkState, waitsFor } of (await readChunks(ADA, { batchId }))?.items ?? []) {
      const key = waitsFor?.for ?? (['done', 'closed', 'cancelled'].includes(chunkState) ? 'over' : 'running');
      counts.set(key, (counts.get(key) ?? 0) + 1);
      expect(
        waitsFor === null && !['done', 'closed', 'cancelled', 'classifying', 'executing'].includes(chunkState),
        `${state} ${chunkState}`,
      ).toBe(false);
    }
  }
  const told = Object.fromEntries(board.queue.map(({ for: what, chunks }) => [what, chunks]));
  expect({ ...told, running: board.running }).toEqual(Object.fromEntries([...counts].filter(([key]) => key !== 'over')));
  expect(told).toEqual({ person: 12, target: 4, retry_after: 1, rate: 1, worker: 4, predecessor: 2, paused: 4, gate: 6 });
  const oldest = await pool.query(
    `SELECT min(c.updated_at) AS at FROM chunk c JOIN batch b ON b.id = c.batch_id WHERE b.state IN ('running', 'paused') AND c.state = 'proposed'`,
  );
  expect(board.queue.find(({ for: what }) => what === 'gate')).toMatchObject({
    batches: 6,
    since: oldest.rows[0].at.toISOString(),
  });
});

test('what is said to wait for a worker is what a worker claims, and nothing else', async () => {
  const expected: string[] = [];
  for (const { batchId } of made) {
    const givenBack = (
      await pool.query<{ number: number }>('SELECT number FROM chunk WHERE batch_id = $1 AND not_before > now()', [batchId])
    ).rows;
    for (const { number: n, waitsFor } of (await readChunks(ADA, { batchId }))?.items ?? [])
      if (waitsFor?.for === 'worker' || givenBack.some((one) => one.number === n)) expected.push(`${batchId} ${n}`);
  }
  const claimed: string[] = [];
  const client = randomUUID();
  // Whoever keeps the hour of what was given back leaves it alone; it is not part of this comparison.
  for (let claim = await claimChunk(pool, client); claim; claim = await claimChunk(pool, client))
    claimed.push(`${claim.batchId} ${claim.number}`);
  expect(claimed.filter((one) => !expected.includes(one))).toEqual([]);
  const waiting = expected.filter((one) => !claimed.includes(one));
  for (const one of waiting)
    expect(made.find(({ batchId }) => one.startsWith(batchId))?.name).toMatch(/^Given back for (retry_after|rate)$/);
});

describe('the house', () => {
  test('has its workers with all their chunks; who is gone has none', async () => {
    expect(board.workers.map(({ pid, state }) => [pid, state])).toEqual([
      ...[100, 101, 102, 103].map((pid) => [pid, 'busy']),
      // Its lease lapsed: what it had is anybody's.
      [104, 'idle'],
      [105, 'draining'],
      [106, 'gone'],
    ]);
    expect(board.workers.map(({ chunks }) => chunks.length)).toEqual([2, 2, 2, 5, 0, 0, 0]);
    const batchesOf = board.workers[0]?.chunks.map(({ batchName, number: n, state, inFlight }) => [
      batchName,
      n,
      state,
      inFlight,
    ]);
    expect(batchesOf).toEqual([
      ['At work 0', 1, 'executing', 1],
      ['At work 3', 1, 'executing', 1],
    ]);
  });

  test('has its lines out of what workers counted, to the second', async () => {
    const { slotSeconds, receipts, classified } = board.activity;
    const sum = (line: number[]) => line.reduce((all, count) => all + count, 0);
    expect([slotSeconds, receipts.length, classified.length]).toEqual([10, 360, 360]);
    const within = `at >= now() - interval '1 hour' AND at < date_bin('10 seconds', now(), 'epoch')`;
    expect(sum(receipts)).toBe(await number(`SELECT sum(receipts) AS n FROM worker_tally WHERE ${within}`));
    expect([sum(receipts), sum(classified)]).toEqual([25, 507]);
  });

  test('has its targets: errors, latency, and whom nobody sends to', () => {
    expect(board.targets).toMatchObject([
      { target: CRM, requests: 4, failed: 2, breaker: { probing: false, paused: false, chunks: 3 } },
      { target: MAIL, requests: 0, failed: 0, p95Ms: null, breaker: { paused: true, message: 'Bo paused it', chunks: 1 } },
      { target: 'https://other.example', requests: 2, failed: 0, breaker: null },
    ]);
    // Of 20, 30, 40 and 900 ms, by their buckets: half within 50, and the slowest in the one to 1,000.
    expect(board.targets[0]?.p50Ms).toBeGreaterThan(25);
    expect(board.targets[0]?.p50Ms).toBeLessThanOrEqual(50);
    expect(board.targets[0]?.p95Ms).toBeGreaterThan(500);
  });

  test('has its size and growth, its incidents now and before, and its oldest question', async () => {
    const bytes = await number('SELECT pg_database_size(current_database()) AS n');
    expect(Math.abs(board.database.bytes - bytes)).toBeLessThan(bytes / 10);
    const [hours] = (await pool.query(`SELECT extract(epoch FROM now() - hour) / 3600 AS h FROM database_size`)).rows.map(
      ({ h }) => Number(h),
    );
    expect(board.database.perDay).toBeCloseTo(((board.database.bytes - 1000) / (hours ?? 1)) * 24, -5);
    expect(board.incidents.open.map(({ kind }) => kind).sort()).toEqual(['paused', 'target']);
    expect(board.incidents).toMatchObject({ closedThisWeek: 1, closed: [{ message: 'full' }, { message: 'full' }] });
    const asked = board.batches.flatMap(({ askedSince }) => askedSince ?? []).sort();
    expect(board.oldestQuestion?.since).toBe(asked[0]);
  });

  test('tells the same as figures', async () => {
    await beat();
    const figures = await readFigures();
    expect(figures).toMatchObject({
      batches: { running: 16, paused: 1, finished: 1, cancelled: 1, proposed: 1 },
      workers: { gone: 1, draining: 1 },
      receipts: await number('SELECT count(*) AS n FROM receipt'),
      incidents: { target: 1, paused: 1, halted: 0 },
      breakers: { open: 1, paused: 1, probing: 0 },
      targets: [{ target: CRM, errorRatio: 0.5 }, { target: 'https://other.example' }],
    });
    expect(Object.values(figures.chunks).reduce((all, count) => all + count, 0)).toBe(
      await number('SELECT count(*) AS n FROM chunk'),
    );
    expect(Object.keys(figures.waiting)).toEqual([...WAITS]);
    // Asked again at once, it is not read again.
    await pool.query('DELETE FROM worker');
    expect(await readFigures()).toBe(figures);
  });
});

test('what is too old for any line is taken away, and the size is noted once an hour', async () => {
  await pool.query(
    `INSERT INTO worker_tally (at, worker_id, receipts, classified) VALUES (now() - interval '25 hours', gen_random_uuid(), 1, 1)`,
  );
  await pool.query(`UPDATE target_tally SET minute = minute - interval '25 hours' WHERE target = $1`, [CRM]);
  await keepTallies();
  await keepTallies();
  expect(await number(`SELECT count(*) AS n FROM worker_tally WHERE at < now() - interval '24 hours'`)).toBe(0);
  expect(await number('SELECT count(DISTINCT target) AS n FROM target_tally')).toBe(1);
  expect(await number('SELECT count(*) AS n FROM database_size')).toBe(2);
});
