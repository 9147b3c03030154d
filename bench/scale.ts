/**
 * How execution scales, with real worker processes: 1, 2 and 4 workers; 1,000 to 1,000,000 items; 1 to 200 batches at once. It tells throughput,
 * bytes per item in the database, how long small batches wait behind a huge one and behind slow targets, and how soon a pause holds. The parts run in the
 * order below; what does not fit into the time is named in `skipped`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { stopRinging } from '#lib/engine/bell.ts';
import { pause } from '#lib/steps/batches/pause.ts';
import { db } from '#lib/store/postgres/db.ts';
import { ACTOR, approve, executed, type Reviewed, reviewedBatch, untilDone } from './approved-batch.ts';
import type { Bench, BenchRun, Figures } from './bench.ts';
import { startTarget } from './http.ts';
import { starving } from './starving.ts';
import { type Fleet, startWorkers } from './workers.ts';

export const scale: Bench = { of: 'items', fullRows: 1_000_000, aims: {}, run };

const MINUTES = 9;
const WORKERS = [1, 2, 4];
const BATCHES = [1, 10, 50, 200];
const BATCH_ITEMS = 500;
const CHUNK_ITEMS = 5_000;
/** Behind the huge one. */
const SMALL = { batches: 20, items: 50, everyMs: 250 };
const WARM_ITEMS = 2_000;

async function run({ rows, server, say }: BenchRun): Promise<Figures> {
  const deadline = performance.now() + MINUTES * 60_000;
  const superuser = new pg.Client({ connectionString: server.superUrl.replace(/postgres$/, 'countersign') });
  await superuser.connect();
  const sizes = [1_000, 10_000, 100_000, 1_000_000].filter((items) => items <= rows);
  const most = sizes.at(-1) ?? rows;
  const throughput: object[] = [];
  const batches: object[] = [];
  const skipped: string[] = [];
  let bytesPerItem = {};
  let fairness = {};
  let pausing = {};
  let waitsOnSlow = {};
  let peakMemoryBytes = 0;
  /** Of seeding and executing, by what was seen so far. */
  let secondsPerItem = 0;

  const part = async (what: string, items: number, act: () => Promise<object>): Promise<void> => {
    if (performance.now() + items * secondsPerItem * 1_000 > deadline) {
      skipped.push(what);
      say(`${what}: skipped, there is no time for it`);
      return;
    }
    await superuser.query('CHECKPOINT');
    const began = performance.now();
    say(`${what}: ${JSON.stringify(await act())}`);
    if (items >= 10_000) secondsPerItem = (performance.now() - began) / 1_000 / items;
  };
  const withWorkers = async <T>(count: number, act: (fleet: Fleet) => Promise<T>): Promise<T> => {
    const fleet = await startWorkers(count, server.appUrl);
    try {
      // Once for nothing, so that its code is compiled.
      await executed({ items: WARM_ITEMS * count, chunkItems: WARM_ITEMS });
      const given = await act(fleet);
      peakMemoryBytes = Math.max(peakMemoryBytes, fleet.peakMemoryBytes());
      return given;
    } finally {
      await fleet.stop();
    }
  };
  const measure = async (workers: number, items: number): Promise<object> => {
    // As many chunks as there are workers at least, so that each has one.
    const chunkItems = Math.min(CHUNK_ITEMS, Math.ceil(items / workers));
    const { perSecond } = await executed({ items, chunkItems });
    const cell = { workers, items, perSecond: Math.round(perSecond) };
    throughput.push(cell);
    return cell;
  };

  try {
    for (const workers of WORKERS) {
      await withWorkers(workers, async (fleet) => {
        for (const items of sizes.filter((size) => size < 1_000_000))
          await part(`${items} items, ${workers} workers`, items, () => measure(workers, items));
        if (workers !== 2) return;
        for (const count of BATCHES.filter((of) => of * BATCH_ITEMS <= most))
          await part(`${count} batches at once`, count * BATCH_ITEMS, async () => {
            const cell = await atOnce(fleet, count);
            batches.push(cell);
            return cell;
          });
        await part('fairness', Math.min(most, 100_000), async () => (fairness = await waitsBehind(Math.min(most, 100_000))));
        await part('pause', 0, async () => {
          pausing = { none: await pauseNone(), http: await pauseHttp(), paced: await pausePaced() };
          return pausing;
        });
        await part('starving', 0, async () => (waitsOnSlow = await starving(workers)));
      });
    }
    if (most === 1_000_000)
      await withWorkers(2, () =>
        part('1000000 items, 2 workers', most, async () => {
          const before = await sizesOf(superuser);
          const cell = await measure(2, most);
          bytesPerItem = perItem(before, await sizesOf(superuser), most);
          return { ...cell, bytesPerItem };
        }),
      );
    else {
      const before = await sizesOf(superuser);
      await withWorkers(2, () => part(`bytes of ${most} items`, most, () => measure(2, most)));
      bytesPerItem = perItem(before, await sizesOf(superuser), most + 2 * WARM_ITEMS);
    }
  } finally {
    await Promise.all([superuser.end(), stopRinging()]);
  }
  return { throughput, batches, bytesPerItem, fairness, pausing, starving: waitsOnSlow, skipped, peakMemoryBytes };
}

/** All are approved while the workers stand still, and then worked on together. */
async function atOnce(fleet: Fleet, count: number): Promise<object> {
  const reviewed: Reviewed[] = [];
  for (let made = 0; made < count; made++) reviewed.push(await reviewedBatch({ items: BATCH_ITEMS, chunkItems: 100 }));
  const goOn = fleet.freeze();
  try {
    for (const one of reviewed) await approve(one);
  } finally {
    goOn();
  }
  const from = Date.now() / 1_000;
  const ends: number[] = [];
  for (const one of reviewed) ends.push(await untilDone(one));
  const perSecond = Math.round((count * BATCH_ITEMS) / (Math.max(...ends) - from));
  return { batches: count, items: count * BATCH_ITEMS, chunks: count * 5, workers: fleet.count, perSecond };
}

/** Small batches are approved while the workers are busy with a huge one: from each approval to its first receipt, and to its end. */
async function waitsBehind(items: number): Promise<object> {
  const huge = await reviewedBatch({ items, chunkItems: CHUNK_ITEMS });
  const small: Reviewed[] = [];
  for (let made = 0; made < SMALL.batches; made++)
    small.push(await reviewedBatch({ items: SMALL.items, chunkItems: SMALL.items }));
  await approve(huge);
  const waits: number[] = [];
  const ended: Promise<void>[] = [];
  let whileBusy = 0;
  for (const one of small) {
    await sleep(SMALL.everyMs);
    const { rows } = await db().pool.query<{ busy: boolean }>(
      "SELECT bool_or(state IN ('approved', 'executing')) AS busy FROM chunk WHERE batch_id = $1",
      [huge.batchId],
    );
    if (!rows[0]?.busy) break;
    whileBusy += 1;
    const from = await approve(one);
    ended.push(untilDone(one).then((end) => void waits.push(1_000 * (end - from))));
  }
  await Promise.all(ended);
  await untilDone(huge);
  waits.sort((a, b) => a - b);
  return {
    ...{ hugeItems: items, chunkItems: CHUNK_ITEMS, workers: 2, smallItems: SMALL.items, smallBatches: whileBusy },
    medianMs: Math.round(waits[(waits.length - 1) >> 1] ?? Number.NaN),
    longestMs: Math.round(waits.at(-1) ?? Number.NaN),
  };
}

const pauseNone = async (): Promise<object> => pausedAmid(await reviewedBatch({ items: 40_000, chunkItems: CHUNK_ITEMS }), 1_000);

async function pauseHttp(): Promise<object> {
  const target = await startTarget();
  try {
    const action = { connector: 'http', do: 'POST', with: { url: target.url, body: { subject: '{{subject}}' } } };
    return await pausedAmid(await reviewedBatch({ items: 20_000, chunkItems: CHUNK_ITEMS, concurrency: 32, action }), 1_000);
  } finally {
    await target.stop();
  }
}

/** One request a second, and 32 slots that wait for it. */
async function pausePaced(): Promise<object> {
  const target = await startTarget();
  try {
    const action = { connector: 'http', do: 'POST', with: { url: target.url, body: { subject: '{{subject}}' } } };
    return await pausedAmid(await reviewedBatch({ items: 500, chunkItems: 500, concurrency: 32, ratePerSecond: 1, action }), 3);
  } finally {
    await target.stop();
  }
}

/**
 * Pressed while everything is at work and `after` actions are done, in ms: `heldAfter`, when the press was answered, for from then on no intent can be stored; `lastIntentAfter`, when
 * the last intent was made (0: before the press); `restAfter`, when the last answer of what was out was on record and the chunks were paused.
 */
async function pausedAmid(batch: Reviewed, after: number): Promise<object> {
  const { pool } = db();
  await approve(batch);
  const read = async (what: string): Promise<number> => {
    const { rows } = await pool.query<{ value: number }>(what, [batch.batchId]);
    return rows[0]?.value ?? Number.NaN;
  };
  while ((await read('SELECT sum(done)::int AS value FROM chunk WHERE batch_id = $1')) < after) await sleep(10);
  const pressed = Date.now();
  const { inFlight } = await pause(ACTOR, { batchId: batch.batchId });
  const held = Date.now();
  while ((await read("SELECT count(*)::int AS value FROM chunk WHERE batch_id = $1 AND state = 'executing'")) > 0) await sleep(5);
  const rest = Date.now();
  const last = await read(
    `SELECT max(extract(epoch FROM (convert_from(body, 'UTF8')::json ->> 'at')::timestamptz) * 1000)::float8 AS value
     FROM receipt WHERE batch_id = $1 AND kind = 'intent'`,
  );
  return {
    heldAfterMs: held - pressed,
    lastIntentAfterMs: Math.max(0, Math.round(last - pressed)),
    restAfterMs: rest - pressed,
    inFlightWhenHeld: inFlight,
  };
}

/** Of each table with its indexes and what is stored beside it. */
async function sizesOf(client: pg.Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ name: string; bytes: number }>(
    `SELECT relname AS name, pg_total_relation_size(oid)::float8 AS bytes FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  return new Map(rows.map(({ name, bytes }) => [name, bytes]));
}

function perItem(before: Map<string, number>, after: Map<string, number>, items: number): Record<string, number> {
  const grown = [...after].map(([name, bytes]): [string, number] => [
    name,
    Math.round((bytes - (before.get(name) ?? 0)) / items),
  ]);
  const worth = grown.filter(([, bytes]) => bytes > 0).sort(([, a], [, b]) => b - a);
  return { all: worth.reduce((sum, [, bytes]) => sum + bytes, 0), ...Object.fromEntries(worth) };
}
