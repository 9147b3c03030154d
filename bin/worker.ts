/** `npm run worker`: one worker process, on any machine that reaches the database. Of the settings it needs DATABASE_URL, and ALLOW_PRIVATE_TARGETS where it is set. */
import {
  ERASURE_LOOK_MS,
  HOUSEKEEPING_MS,
  LEASE_MS,
  REFOLD_CHECK_MS,
  SUM_CHECK_MS,
  WORKER_ANSWER_MS,
  WORKER_STOP_MS,
  WORKER_THREADS,
} from '#lib/core/limits.ts';
import { listenForBells } from '#lib/engine/bell.ts';
import { TALLIES } from '#lib/engine/tallies.ts';
import { runWorker } from '#lib/engine/worker.ts';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { executeChunk } from '#lib/steps/actions/execute-chunk.ts';
import { classifyChunk } from '#lib/steps/chunks/classify-chunk.ts';
import { carryOnErasures } from '#lib/steps/erasure/carry-on.ts';
import { keepRetention } from '#lib/steps/erasure/retention.ts';
import { checkSums, refoldSums } from '#lib/steps/receipts/check-sums.ts';
import { keepBreakers } from '#lib/store/actions/breakers.sql.ts';
import { settleBatches } from '#lib/store/actions/execution.sql.ts';
import { failAbandonedUploads } from '#lib/store/datasets/items.sql.ts';
import { resolveDatabaseIncident } from '#lib/store/fleet/database-incident.sql.ts';
import { resolveHouseIncidents } from '#lib/store/fleet/house-incidents.sql.ts';
import { writeTally } from '#lib/store/fleet/tallies.sql.ts';
import { keepTallies } from '#lib/store/fleet/tallies.ts';
import { forgetWorker, readWish } from '#lib/store/fleet/workers.sql.ts';
import { pruneEvents } from '#lib/store/live/events.ts';
import { originals } from '#lib/store/originals/originals.ts';
import { closeDb, db, openPool } from '#lib/store/postgres/db.ts';
import { whenNpmIsGone } from './start/npm.ts';
import { sayReady, whenTheStartIsGone } from './start/parent.ts';
import { threadsOf } from './threads.ts';

const drain = new AbortController();
const stop = () => drain.abort();
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
whenTheStartIsGone(stop);
whenNpmIsGone('bin/worker.ts', stop);

// What the network swallows without a word must not hold a worker, nor its locks the chunk's heir, for ever.
const { pool, prisma } = db({ answerMs: WORKER_ANSWER_MS, idleInTransactionMs: LEASE_MS });
const threads = threadsOf(WORKER_THREADS, null);
// A renewal that is not answered within a lease is of no use any more; the second connection is for the next one.
const leasePool = openPool(env().DATABASE_URL ?? '', { max: 2, answerMs: LEASE_MS });
const keepHouse = async () => {
  await settleBatches(pool);
  await keepBreakers(pool);
  // Of a worker that ended before it could say that the trouble was over.
  await resolveDatabaseIncident(pool);
  await resolveHouseIncidents(pool);
};
/** What there is no hurry for. */
const tidy = async () => {
  await failAbandonedUploads(db(), originals());
  await pruneEvents({ prisma });
  await keepTallies();
  await keepRetention();
};
/** What takes longer than the time to its next turn is not begun a second time beside itself. */
const alone = (act: () => Promise<void>): (() => Promise<void>) => {
  let going: Promise<void> | null = null;
  return () => {
    going ??= act().finally(() => {
      going = null;
    });
    return going;
  };
};

/** What an admin asked of this worker. Drained, it ends when nothing is in flight; stopped, it waits a moment for that, and leaves it to its heir. */
let stoppedAt: number | null = null;
let id: string | null = null;
const obey = async (workerId: string) => {
  const wish = await readWish(pool, workerId);
  if (wish !== null && !drain.signal.aborted) {
    log.info({ worker: workerId, wish }, 'asked to end from the board');
    stop();
  }
  if (wish !== 'stop') return;
  if (stoppedAt === null) {
    stoppedAt = performance.now();
    // The database may be why it does not end.
    setTimeout(() => process.exit(0), 2 * WORKER_STOP_MS);
  }
  if (performance.now() - stoppedAt < WORKER_STOP_MS) return;
  // Here, where no other heartbeat is under way that would write its row anew.
  await forgetWorker(pool, workerId).finally(() => process.exit(0));
};
const tell = async (workerId: string) => {
  const tally = TALLIES.take();
  if (tally === null) return;
  await writeTally(pool, workerId, tally).catch((error) => {
    TALLIES.giveBack(tally);
    throw error;
  });
};

sayReady();
await runWorker({
  pool,
  leasePool,
  handlers: { classifying: classifyChunk, executing: executeChunk },
  bells: (heard, idle) => listenForBells(env().DATABASE_URL ?? '', heard, idle),
  drain: drain.signal,
  log,
  chores: [
    { everyMs: SUM_CHECK_MS, act: alone(checkSums) },
    { everyMs: REFOLD_CHECK_MS, act: alone(refoldSums) },
    { everyMs: ERASURE_LOOK_MS, act: alone(() => carryOnErasures(() => drain.signal.aborted)) },
    { everyMs: HOUSEKEEPING_MS, act: keepHouse },
    { everyMs: HOUSEKEEPING_MS, later: true, act: tidy },
  ],
  beat: async (workerId) => {
    id = workerId;
    await obey(workerId);
    await tell(workerId);
  },
});
// What it did since its last heartbeat.
if (id !== null) await tell(id).catch(() => {});
await threads.end();
await Promise.all([closeDb(), leasePool.end()]);
process.exit(0);
