/** One worker and several chunks: what waits holds up nobody, and every wait listens. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { waitWords } from '#lib/core/chunks/waits-for.ts';
import { CHUNKS_PER_WORKER, OPEN_REQUESTS_MAX } from '#lib/core/limits.ts';
import type { PlanInput } from '#lib/core/plans/plan.ts';
import { executeChunk } from '#lib/steps/actions/execute-chunk.ts';
import { cancel } from '#lib/steps/batches/cancel.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { readBatch } from '#lib/steps/batches/read-batch.ts';
import { readBatches } from '#lib/steps/batches/read-batches.ts';
import { resume } from '#lib/steps/batches/resume.ts';
import { classifyChunk } from '#lib/steps/chunks/classify-chunk.ts';
import { readBoard } from '#lib/steps/fleet/read-board.ts';
import { readWorkers } from '#lib/steps/fleet/read-workers.ts';
import { reserveRate } from '#lib/store/actions/execution.sql.ts';
import { claimChunk } from '#lib/store/chunks/claims.sql.ts';
import { testDatabase } from '#test/database.ts';
import { type SeedChunk, type SeededBatch, seedBatch } from '#test/fixtures/batch.ts';
import { ADA, chunkStates, counters, leasesCount, startedBatch, steps, target, workUntil } from '#test/fixtures/started-batch.ts';
import { FULL } from '#test/size.ts';
import { stopRinging } from './bell.ts';
import { type Handler, runWorker } from './worker.ts';

process.env.ALLOW_PRIVATE_TARGETS = '1';
const { pool } = await testDatabase();

beforeAll(() => leasesCount(pool));
afterAll(stopRinging);
// A worker takes whatever is claimable, so no test leaves it anything.
afterEach(async () => {
  await pool.query("UPDATE batch SET state = 'cancelled' WHERE state <> 'finished'");
  await pool.query("UPDATE chunk SET state = 'cancelled', epoch = epoch + 1 WHERE state NOT IN ('done', 'closed', 'cancelled')");
});

type Execution = NonNullable<PlanInput['execution']>;

/** Approved chunks of so many actions each: requests to `url`, or labels without one. */
async function approved(url: string | null, chunks: number, items: number, execution: Execution = {}): Promise<SeededBatch> {
  const action = url
    ? { connector: 'http', do: 'POST', with: { url: `${url}/{{subject}}`, timeoutMs: 20_000 } }
    : { connector: 'none', do: 'label' };
  const plan: PlanInput = {
    classifier: { kind: 'rules', rules: [], otherwise: 'all' },
    categories: [{ name: 'all', action }],
    chunking: { by: 'size' },
    execution: { first: 0, ...execution },
  };
  const item = { fields: { subject: 'one' }, category: 'all' };
  const chunk: SeedChunk = { state: 'executing', items: Array.from({ length: items }, () => item) };
  // Let go when all of it is there: a worker may be looking.
  const batch = await seedBatch(pool, { plan, state: 'paused', chunks: Array.from({ length: chunks }, () => chunk) });
  // As a decision does it.
  if (url) await pool.query('UPDATE chunk SET targets = $2 WHERE batch_id = $1', [batch.batchId, [url]]);
  await pool.query("UPDATE batch SET state = 'running' WHERE id = $1", [batch.batchId]);
  return batch;
}

const are =
  ({ batchId }: SeededBatch, ...states: string[]) =>
  async () =>
    (await chunkStates(pool, batchId)).every((state) => states.includes(state));

/** A worker in this process, until it is asked to end; gives how long that took. */
function worker(handlers: Partial<Record<'classifying' | 'executing', Handler>> = {}): { end(): Promise<number> } {
  const drain = new AbortController();
  const working = runWorker({
    ...{ pool, leasePool: pool, bells: null, drain: drain.signal, log: pino({ enabled: false }) },
    handlers: { classifying: classifyChunk, executing: executeChunk, ...handlers },
  });
  const one = {
    async end() {
      const asked = performance.now();
      drain.abort();
      await working;
      return performance.now() - asked;
    },
  };
  begun.push(one);
  return one;
}

/** A worker that a test left behind would work on the chunks of the next. */
const begun: { end(): Promise<number> }[] = [];
afterEach(async () => {
  await Promise.all(begun.splice(0).map((one) => one.end()));
});

async function eventually(what: string, look: () => Promise<boolean>): Promise<number> {
  const since = performance.now();
  while (!(await look())) {
    if (performance.now() - since > 90_000) throw new Error(`It never came: ${what}.`);
    await sleep(50);
  }
  return performance.now() - since;
}

const done = async ({ batchId }: SeededBatch): Promise<number> => {
  const { rows } = await pool.query<{ done: number }>('SELECT sum(done)::int AS done FROM chunk WHERE batch_id = $1', [batchId]);
  return rows[0]?.done ?? 0;
};

const rowOf = async ({ chunks }: SeededBatch): Promise<{ owner: string | null; for: string | null; ms: number | null }> => {
  const { rows } = await pool.query(
    `SELECT lease_owner AS owner, waits_for AS for, (extract(epoch FROM not_before - clock_timestamp()) * 1000)::float8 AS ms
     FROM chunk WHERE id = $1`,
    [chunks[0]?.id],
  );
  return rows[0];
};

/** Longer than any test looks. */
const SLOW_MS = 60_000;
/** A wait that is cut short ends within a second on an idle machine. What it would last otherwise is more than this. */
const CUT_SHORT_MS = 25_000;

test('labels are done while every other chunk of the only worker waits for a slow target', async () => {
  const { url } = await target(async () => {
    await sleep(2_000);
    return 200;
  });
  const slow = await approved(url, CHUNKS_PER_WORKER + 4, 120, { concurrency: 2 });
  const one = worker();
  try {
    await eventually('a full worker', async () => {
      const { rows } = await pool.query<{ owned: number }>(
        'SELECT count(*)::int AS owned FROM chunk WHERE batch_id = $1 AND lease_owner IS NOT NULL',
        [slow.batchId],
      );
      return rows[0]?.owned === CHUNKS_PER_WORKER;
    });
    await sleep(1_500);
    const labels = await approved(null, 1, 10);
    await eventually('the labels', are(labels, 'done'));
    // None of the others had to end for them: each has two minutes to go. The other 15 were left alone.
    expect(await are(slow, 'executing')()).toBe(true);
  } finally {
    expect(await one.end()).toBeLessThan(SLOW_MS);
  }
  const { rows } = await pool.query('SELECT max(epoch) AS most FROM chunk WHERE batch_id = $1', [slow.batchId]);
  expect(rows[0].most).toBeLessThanOrEqual(3);
});

test('a worker names the chunks that it owns, and since when', async () => {
  const { url } = await target(async () => {
    await sleep(300);
    return 200;
  });
  // Half a minute of work each: on a busy machine too they are its own while one looks.
  const batch = await approved(url, 3, 100, { concurrency: 1 });
  const one = worker();
  await eventually('three chunks', async () => (await readWorkers(ADA)).some(({ chunks }) => chunks.length === 3));
  const [row] = (await readWorkers(ADA)).filter(({ state }) => state !== 'gone');
  expect(row).toMatchObject({ state: 'busy', chunk: { batchId: batch.batchId } });
  expect(row?.chunks.map(({ batch: of, number, state }) => [of, number, state]).sort()).toEqual(
    [1, 2, 3].map((number) => [batch.batchId, number, 'executing']),
  );
  await one.end();
});

test('who is far from its next send by its rate gives the chunk back, and reserves nothing meanwhile', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await approved(url, 3, 3, { ratePerSecond: 0.2, concurrency: 4 });
  const one = worker();
  await eventually('a send', async () => seen.length === 1);
  let rows: { owner: string | null; waits: string | null; until: number | null; next: number }[] = [];
  await eventually('that nobody owns a chunk', async () => {
    ({ rows } = await pool.query(
      `SELECT lease_owner AS owner, waits_for AS waits, (extract(epoch FROM not_before - clock_timestamp()))::float8 AS until,
         (extract(epoch FROM next_at - clock_timestamp()))::float8 AS next
       FROM chunk JOIN rate_bucket USING (batch_id) WHERE batch_id = $1`,
      [batch.batchId],
    ));
    return rows.every(({ owner }) => owner === null) && rows.some(({ waits }) => waits === 'rate');
  });
  for (const { waits, until, next } of rows) {
    // One reservation, and it was used.
    expect(next).toBeLessThanOrEqual(5);
    if (waits !== null) expect(until).toBeLessThanOrEqual(next);
  }
  await eventually('the next send', async () => seen.length >= 2);
  expect(await one.end()).toBeLessThan(CUT_SHORT_MS);
});

if (FULL)
  test('a chunk that is given back after each send still spends its error budget', async () => {
    const { url, seen } = await target(() => 422);
    const batch = await approved(url, 1, 20, { ratePerSecond: 0.4, concurrency: 1, haltAfter: { consecutive: 3, share: 1 } });
    const one = worker();
    await eventually('the halt', are(batch, 'halted'));
    expect(seen).toHaveLength(3);
    const { rows } = await pool.query('SELECT epoch FROM chunk WHERE batch_id = $1', [batch.batchId]);
    expect(rows[0].epoch).toBeGreaterThan(1);
    await one.end();
  });

test('what a dead owner reserved and did not use comes back when its chunk is taken over', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await approved(url, 1, 2, { ratePerSecond: 0.01 });
  const dead = await claimChunk(pool, randomUUID());
  if (!dead) throw new Error('There was nothing to claim.');
  expect(await reserveRate(pool, dead, 1, 0.01)).toMatchObject({ count: 1 });
  expect((await reserveRate(pool, dead, 1, 0.01)).count).toBe(0);
  await pool.query("UPDATE chunk SET lease_until = clock_timestamp() - interval '1 second' WHERE id = $1", [dead.chunkId]);
  const one = worker();
  // Its hundred seconds would not be over by then.
  expect(await eventually('the send', async () => seen.length === 1)).toBeLessThan(60_000);
  await eventually('that it is given back', async () => (await rowOf(batch)).for === 'rate');
  await one.end();
  // What was used stays used.
  const { rows } = await pool.query(
    "SELECT next_at > clock_timestamp() + interval '5 seconds' AS kept FROM rate_bucket WHERE batch_id = $1",
    [batch.batchId],
  );
  expect(rows).toEqual([{ kept: true }]);
});

test.each([
  { what: 'requests', remote: true },
  { what: 'labels', remote: false },
])('at one a second with 32 slots, $what stop at a pause and at a drain, long before their turn', async ({ remote }) => {
  const { url } = await target(() => 200);
  const batch = await approved(remote ? url : null, 1, 200, { ratePerSecond: 1, concurrency: 32 });
  const began = performance.now();
  const one = worker();
  await eventually('the second', async () => (await done(batch)) >= 2);
  // Where the next turn is a moment more than a second away it is given back for that moment.
  await eventually('its owner', async () => (await rowOf(batch)).owner !== null);
  const since = performance.now();
  await pause(ADA, { batchId: batch.batchId });
  await eventually('the pause', are(batch, 'paused'));
  expect(performance.now() - since).toBeLessThan(CUT_SHORT_MS);
  const sent = (await counters(pool, batch.batchId)).done ?? 0;
  await resume(ADA, { batchId: batch.batchId });
  await eventually('one more', async () => (await done(batch)) > sent);
  expect(await one.end()).toBeLessThan(CUT_SHORT_MS);
  // A page is not a burst: what went out is what the rate allows.
  expect((await counters(pool, batch.batchId)).done).toBeLessThanOrEqual(2 + (performance.now() - began) / 1_000);
  expect(await counters(pool, batch.batchId)).toMatchObject({ inFlight: 0, uncertain: 0, failed: 0 });
});

test('a backoff is waited out elsewhere: the chunk is given back, a cancel ends it, and so does a drain', async () => {
  const { url, seen } = await target((_request, _count, response) => {
    response.setHeader('Retry-After', '600');
    return 429;
  });
  const batch = await approved(url, 1, 3, { concurrency: 2 });
  const one = worker();
  await eventually('that it is given back', async () => (await rowOf(batch)).for === 'retry_after');
  const { ms, owner } = await rowOf(batch);
  expect(owner).toBeNull();
  expect(ms).toBeGreaterThan(400_000);
  // The third is to go to the same target, and is not tried there meanwhile.
  expect(seen).toHaveLength(2);
  const since = performance.now();
  await cancel(ADA, { batchId: batch.batchId });
  await eventually('the cancel', are(batch, 'cancelled'));
  expect(performance.now() - since).toBeLessThan(CUT_SHORT_MS);
  expect(await one.end()).toBeLessThan(CUT_SHORT_MS);
  expect(seen).toHaveLength(2);
});

/** Nobody owns a chunk, and so much was sent. */
const givenBack = (batch: SeededBatch, sent: () => boolean) =>
  eventually('that all is given back', async () => {
    const { rows } = await pool.query('SELECT FROM chunk WHERE batch_id = $1 AND lease_owner IS NOT NULL', [batch.batchId]);
    return rows.length === 0 && sent();
  });

test('chunks at the end of their rate say so, alone, added up and on the board, until the soonest hour of theirs', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await approved(url, 3, 3, { ratePerSecond: 0.01 });
  const one = worker();
  await givenBack(batch, () => seen.length === 1);
  const view = await readBatch(ADA, { batchId: batch.batchId });
  const waits = view?.chunks.map(({ waitsFor }) => waitsFor) ?? [];
  expect(waits).toEqual(Array(3).fill({ for: 'rate', until: expect.toSatisfy(isHourOrNull), target: null }));
  const [until] = waits.flatMap((wait) => wait?.until ?? []).sort();
  expect(Date.parse(until ?? '') - Date.now()).toBeGreaterThan(1_000);
  expect(Date.parse(until ?? '') - Date.now()).toBeLessThan(101_000);
  expect(view?.says).toEqual({
    mood: 'waits',
    words: expect.stringMatching(/^Waiting for its rate limit until (\S+ )?\d\d:\d\d UTC \(3\)$/),
  });
  const listed = (await readBatches(ADA)).items.find(({ id }) => id === batch.batchId);
  expect(listed?.says).toEqual(view?.says);
  expect((await readBoard(ADA)).queue).toMatchObject([{ for: 'rate', chunks: 3, batches: 1, until }]);
  await one.end();
});

test('a chunk whose target asked for an hour says whom it waits for, and until when', async () => {
  const { url } = await target((_request, _count, response) => {
    response.setHeader('Retry-After', '3600');
    return 429;
  });
  const batch = await approved(url, 1, 3, { concurrency: 1 });
  const one = worker();
  await givenBack(batch, () => true);
  await eventually('the hour', async () => (await rowOf(batch)).for === 'retry_after');
  const view = await readBatch(ADA, { batchId: batch.batchId });
  const wait = view?.chunks[0]?.waitsFor;
  expect(wait).toMatchObject({ for: 'retry_after', target: url });
  const ms = Date.parse(wait?.until ?? '') - Date.now();
  expect(ms).toBeGreaterThan(3_500_000);
  expect(ms).toBeLessThan(3_700_000);
  const words = `waiting for ${url} until ${hourOf(wait?.until ?? '')}, as the target asked`;
  expect(wait && waitWords(wait, new Date().toISOString())).toBe(words);
  expect(view?.says).toEqual({ mood: 'waits', words: `W${words.slice(1)} (1)` });
  expect((await readBoard(ADA)).queue).toMatchObject([{ for: 'retry_after', chunks: 1, until: wait?.until, target: url }]);
  await one.end();
});

const isHourOrNull = (until: unknown): boolean => until === null || !Number.isNaN(Date.parse(String(until)));

/** The minute in which it is over, with its day where that is another. */
function hourOf(until: string): string {
  const minute = new Date(Date.parse(until) + 59_999).toISOString();
  const day = minute.slice(0, 10) === new Date().toISOString().slice(0, 10) ? '' : `${minute.slice(0, 10)} `;
  return `${day}${minute.slice(11, 16)} UTC`;
}

test('a target that asks to be left alone does not hold up the others of the same chunk', async () => {
  const busy = await target((_request, _count, response) => {
    response.setHeader('Retry-After', '600');
    return 429;
  });
  const well = await target(() => 200);
  const post = (url: string) => ({ connector: 'http', do: 'POST', with: { url } });
  const batch = await seedBatch(pool, {
    plan: {
      classifier: { kind: 'rules', rules: [], otherwise: 'busy' },
      categories: [
        { name: 'busy', action: post(`${busy.url}/`) },
        { name: 'well', action: post(`${well.url}/`) },
      ],
      chunking: { by: 'size' },
      execution: { first: 0, concurrency: 1 },
    },
    chunks: [
      { state: 'executing', items: ['busy', 'busy', 'well', 'busy', 'well'].map((category) => ({ fields: {}, category })) },
    ],
  });
  const one = worker();
  await eventually('that it is given back', async () => (await rowOf(batch)).for === 'retry_after');
  expect([busy.seen.length, well.seen.length]).toEqual([1, 2]);
  expect(await one.end()).toBeLessThan(CUT_SHORT_MS);
  expect(await steps(pool, batch.batchId)).toEqual({
    1: ['intent', 'outcome:failed'],
    3: ['intent', 'outcome:succeeded'],
    5: ['intent', 'outcome:succeeded'],
  });
});

test('a lost lease ends a wait, and a loop inherits from an earlier one of its own process: only the epoch tells them apart', async () => {
  const { url, seen } = await target(() => 200);
  const batch = await approved(url, 1, 6, { ratePerSecond: 1, concurrency: 4 });
  const ended: { epoch: number; how: string; at: number }[] = [];
  let lapsed = 0;
  await workUntil(pool, are(batch, 'done'), {
    executing: async (task) => {
      const { epoch, chunkId } = task.claim;
      const working = executeChunk(task);
      if (epoch === 1) {
        // As after a freeze: the lease is over by the database's clock, and its owner goes on.
        await eventually('a send', async () => seen.length > 0);
        // Again and again: a renewal that is on its way may come after it.
        await eventually('another owner', async () => {
          const { rowCount } = await pool.query(
            "UPDATE chunk SET lease_until = clock_timestamp() - interval '1 second' WHERE id = $1 AND epoch = 1",
            [chunkId],
          );
          return rowCount === 0;
        });
        lapsed = performance.now();
      }
      const how = await working;
      ended.push({ epoch, how, at: performance.now() });
      return how;
    },
  });
  expect(ended.map(({ epoch, how }) => [epoch, how])).toContainEqual([1, 'lost']);
  expect(ended.at(-1)).toMatchObject({ how: 'done' });
  expect((ended.find(({ epoch }) => epoch === 1)?.at ?? Number.NaN) - lapsed).toBeLessThan(CUT_SHORT_MS);
  expect(Object.values(await steps(pool, batch.batchId)).map(String)).toEqual(Array(6).fill('intent,outcome:succeeded'));
  expect(seen).toHaveLength(6);
});

test('the open requests of a process are bounded over all its chunks, and a chunk whose target hangs leaves room for another', async () => {
  let [open, most] = [0, 0];
  const hung: (() => void)[] = [];
  const hangs = await target(async () => {
    open += 1;
    most = Math.max(most, open);
    await new Promise<void>((resolve) => hung.push(resolve));
    open -= 1;
    return 200;
  });
  const well = await target(() => 200);
  const slow = await approved(hangs.url, 10, 64, { concurrency: 64 });
  const one = worker();
  await eventually('as many as there may be', async () => open >= OPEN_REQUESTS_MAX / 2 + 10 * 8);
  const quick = await approved(well.url, 1, 20, { concurrency: 8 });
  await eventually('the other target', are(quick, 'done'));
  expect(most).toBeLessThanOrEqual(OPEN_REQUESTS_MAX);
  expect(await are(slow, 'executing')()).toBe(true);
  // No intent is written ahead of a free slot.
  const { rows } = await pool.query<{ out: number }>('SELECT sum(in_flight)::int AS out FROM chunk WHERE batch_id = $1', [
    slow.batchId,
  ]);
  expect(rows[0]?.out).toBeLessThanOrEqual(OPEN_REQUESTS_MAX);
  const ending = one.end();
  for (let left = true; left; left = open > 0) {
    for (const go of hung.splice(0)) go();
    await sleep(20);
  }
  await ending;
});

test('what keeps a core busy is worked on two at a time, the smaller batch first, and gives way to a batch that has nobody', async () => {
  const plan: PlanInput = {
    classifier: { kind: 'rules', rules: [], otherwise: 'all' },
    categories: [{ name: 'all' }],
    chunking: { by: 'size' },
  };
  const large = await startedBatch(pool, { items: 400, chunks: 4, plan });
  const small = await startedBatch(pool, { items: 10, chunks: 1, plan });
  const order: [string, number][] = [];
  let [working, most] = [0, 0];
  const one = worker({
    classifying: async (task) => {
      const { batchId, number } = task.claim;
      order.push([batchId, number]);
      working += 1;
      most = Math.max(most, working);
      // As if its pages took for ever.
      while (batchId === large.batchId && !task.place.giveWay.aborted && !task.drain.aborted) await sleep(20);
      const handled = await classifyChunk(task);
      working -= 1;
      return handled;
    },
  });
  await eventually('the small batch', async () => (await chunkStates(pool, small.batchId))[0] === 'awaiting_review');
  await eventually('two of the large one', async () => order.length >= 3);
  expect(order.slice(0, 3)).toEqual([
    [small.batchId, 1],
    [large.batchId, 1],
    [large.batchId, 2],
  ]);
  const labels = await approved(null, 1, 10);
  expect(await eventually('the labels', are(labels, 'done'))).toBeLessThan(CUT_SHORT_MS);
  expect(most).toBe(2);
  await one.end();
});
