/**
 * A worker process of another job engine: `node bench/engine-worker.ts pg-boss|graphile-worker INDEX`. It says `ready`, waits for `go`, and then says
 * after each INSERT how many receipts it stored.
 */
import { Logger, run } from 'graphile-worker';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { byteaArray } from '#lib/store/postgres/bytea-array.ts';
import { QUEUE } from './engines.ts';

// The best of those that were tried on two cores.
const BOSS = { loops: Number(process.env.BOSS_LOOPS ?? 2), batchSize: Number(process.env.BOSS_BATCH ?? 1_000) };
const GRAPHILE = {
  concurrentJobs: Number(process.env.GW_JOBS ?? 200),
  localQueue: Number(process.env.GW_QUEUE ?? 1_000),
  delayMs: Number(process.env.GW_DELAY ?? 50),
};

type Payload = { ordinal: number };

const [engine, index] = process.argv.slice(2);
const connectionString = process.env.BENCH_URL ?? '';
const body = Buffer.from(process.env.BENCH_BODY ?? '', 'hex');
const leaf = Buffer.from(process.env.BENCH_LEAF ?? '', 'hex');
const pool = new pg.Pool({ connectionString, max: 4 });
let seq = 1;

/** One receipt for each, in one statement and one commit. */
async function storeReceipts(ordinals: number[]): Promise<void> {
  const from = seq;
  seq += ordinals.length;
  await pool.query({
    name: 'receipts',
    text: `INSERT INTO engine_receipt (batch_id, chunk, seq, ordinal, step, kind, result, body, leaf)
           SELECT '00000000-0000-4000-8000-000000000000', $1, $2 - 1 + r.i, r.ordinal, 1, 'outcome', 'succeeded', r.body, r.leaf
           FROM unnest($3::int[], $4::bytea[], $5::bytea[]) WITH ORDINALITY AS r(ordinal, body, leaf, i)`,
    values: [Number(index), from, ordinals, byteaArray(ordinals.map(() => body)), byteaArray(ordinals.map(() => leaf))],
  });
  process.send?.(ordinals.length);
}

/** Its own `work` waits at least 0.4 s between fetches unless it is told of new jobs, so these loops fetch and complete without a pause. */
async function pgBoss(): Promise<void> {
  const boss = new PgBoss({ connectionString, max: BOSS.loops, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await started();
  const loop = async (): Promise<void> => {
    for (;;) {
      const jobs = await boss.fetch<Payload>(QUEUE, { batchSize: BOSS.batchSize });
      if (jobs.length === 0) return;
      await storeReceipts(jobs.map(({ data }) => data.ordinal));
      await boss.complete(
        QUEUE,
        jobs.map(({ id }) => id),
      );
    }
  };
  await Promise.all(Array.from({ length: BOSS.loops }, loop));
}

/** Its handlers have a job each: those that run at the same time share an INSERT. */
async function graphile(): Promise<void> {
  let waiting: { ordinal: number; stored: () => void; failed: (error: unknown) => void }[] = [];
  const store = async (): Promise<void> => {
    const taken = waiting;
    waiting = [];
    try {
      await storeReceipts(taken.map(({ ordinal }) => ordinal));
      for (const { stored } of taken) stored();
    } catch (error) {
      for (const { failed } of taken) failed(error);
    }
  };
  await pool.query('SELECT');
  await started();
  await run({
    connectionString,
    concurrency: GRAPHILE.concurrentJobs,
    maxPoolSize: 10,
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    preset: {
      worker: {
        localQueue: { size: GRAPHILE.localQueue },
        completeJobBatchDelay: GRAPHILE.delayMs,
        failJobBatchDelay: GRAPHILE.delayMs,
      },
    },
    taskList: {
      [QUEUE]: (payload) =>
        new Promise<void>((stored, failed) => {
          if (waiting.length === 0) setImmediate(store);
          waiting.push({ ordinal: (payload as Payload).ordinal, stored, failed });
        }),
    },
  });
}

function started(): Promise<void> {
  const go = new Promise<void>((resolve) => process.once('message', () => resolve()));
  process.send?.('ready');
  return go;
}

process.on('disconnect', () => process.exit(0));
await (engine === 'pg-boss' ? pgBoss() : graphile());
