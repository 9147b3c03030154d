/**
 * Executing approved actions with real worker processes, against what else could be done with the same PostgreSQL, in one run:
 *
 * - ours: actions that only leave receipts (`none`), an intent and an outcome each, as two commits, from the approval until every chunk is done;
 * - the floor: bare INSERTs of the same rows (bench/floor.ts);
 * - a job for each item with one receipt each on pg-boss and on graphile-worker (bench/engines.ts);
 * - ours and a bare client loop against an HTTP target that answers after 20 ms, in rounds of their own (bench/http.ts).
 *
 * All take turns within a round, so that what else the machine does meets all of them; medians over the rounds are told.
 */
import { availableParallelism } from 'node:os';
import pg from 'pg';
import { stopRinging } from '#lib/engine/bell.ts';
import { executed, FIELDS } from './approved-batch.ts';
import { type Bench, type BenchRun, type Figures, median, rounded } from './bench.ts';
import { ENGINES, type Engine, engineOf, prepareEngines } from './engines.ts';
import { floorOf } from './floor.ts';
import { againstLoops, LOOP_AIMS } from './http.ts';
import { startWorkers } from './workers.ts';

export const execute: Bench = {
  of: 'items',
  fullRows: 200_000,
  aims: {
    ratio: { least: 0.5 },
    toEngine: { least: 4 },
    ...LOOP_AIMS,
    outcomeWaitP99: { most: 50 },
  },
  run,
};

const ROUNDS = 3;
const CHUNK_ITEMS = 5_000;
const WARM_ITEMS = 10_000;
/** Jobs of the engines, and requests of each worker at 8 at once, for each item of ours: they take that much longer. */
const ENGINE_SHARE = 0.2;
const HTTP_SHARE = 0.01;

async function run({ rows, server, say }: BenchRun): Promise<Figures> {
  const { ownerUrl } = server;
  const count = Number(process.env.BENCH_WORKERS ?? availableParallelism());
  const fleet = await startWorkers(count, server.appUrl);
  const superuser = new pg.Client({ connectionString: server.superUrl.replace(/postgres$/, 'countersign') });
  await superuser.connect();
  const seen = new Map<string, number[]>();
  const note = (what: string, perSecond: number): number => {
    seen.set(what, [...(seen.get(what) ?? []), perSecond]);
    return perSecond;
  };
  const jobs = Math.ceil(rows * ENGINE_SHARE);
  let overHttp = {};
  let peakMemoryBytes = 0;
  try {
    await prepareEngines(ownerUrl);
    // Once for nothing: all sides meet warm caches and compiled code.
    const warm = await executed({ items: WARM_ITEMS, chunkItems: CHUNK_ITEMS });
    const { rows: receipts } = await superuser.query<{ body: Buffer; leaf: Buffer }>(
      "SELECT body, leaf FROM receipt WHERE batch_id = $1 AND kind = 'outcome' LIMIT 1",
      [warm.batchId],
    );
    const receipt = receipts[0];
    if (!receipt) throw new Error('The warm-up left no receipt.');
    await floorOf(superuser, ownerUrl, WARM_ITEMS, warm.batchId);
    for (let round = 1; round <= ROUNDS; round++) {
      const { perSecond, batchId } = await executed({ items: rows, chunkItems: CHUNK_ITEMS });
      note('ours', perSecond);
      await superuser.query('CHECKPOINT');
      note('floor', await floorOf(superuser, ownerUrl, rows, batchId));
      await superuser.query('DROP TABLE floor; CHECKPOINT');
      for (const engine of ENGINES)
        note(engine, await engineOf(engine, { superuser, ownerUrl, items: jobs, workers: count, ...receipt }));
      note('withValues', (await executed({ items: rows, chunkItems: CHUNK_ITEMS, receiptFields: FIELDS })).perSecond);
      await superuser.query('CHECKPOINT');
      say(`round ${round}: ${[...seen].map(([what, all]) => `${what} ${Math.round(all.at(-1) ?? 0)}/s`).join(', ')}`);
    }
    overHttp = await againstLoops(fleet, Math.ceil(rows * HTTP_SHARE), say);
    peakMemoryBytes = fleet.peakMemoryBytes();
  } finally {
    await Promise.all([superuser.end(), stopRinging(), fleet.stop()]);
  }
  const each = (what: string): number[] => seen.get(what) ?? [];
  const middle = (what: string): number => rounded(median(each(what)));
  const ratios = (what: string, to: string): number[] => each(what).map((one, round) => one / (each(to)[round] ?? Number.NaN));
  const best: Engine = middle('pg-boss') > middle('graphile-worker') ? 'pg-boss' : 'graphile-worker';
  return {
    ours: middle('ours'),
    floor: middle('floor'),
    ratio: rounded(median(ratios('ours', 'floor'))),
    ratios: ratios('ours', 'floor').map(rounded),
    withValues: middle('withValues'),
    engines: { ...Object.fromEntries(ENGINES.map((engine) => [engine, middle(engine)])), jobs },
    toEngine: rounded(median(ratios('ours', best))),
    ...overHttp,
    workers: count,
    peakMemoryBytes,
  };
}
