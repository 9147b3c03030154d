/** `npm run worker`: one worker process, on any machine that reaches the database. It needs DATABASE_URL and the same SECRET_KEY as the others. */
import { HOUSEKEEPING_MS, LEASE_MS, SUM_CHECK_MS, WORKER_ANSWER_MS } from '#lib/core/limits.ts';
import { listenForBells } from '#lib/engine/bell.ts';
import { pruneEvents } from '#lib/engine/events.ts';
import { runWorker } from '#lib/engine/worker.ts';
import { env } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { executeChunk } from '#lib/steps/actions/execute-chunk.ts';
import { classifyChunk } from '#lib/steps/chunks/classify-chunk.ts';
import { checkSums } from '#lib/steps/receipts/check-sums.ts';
import { keepBreakers } from '#lib/store/actions/breakers.ts';
import { settleBatches } from '#lib/store/actions/execution.ts';
import { failAbandonedUploads } from '#lib/store/datasets/items.ts';
import { resolveDatabaseIncident } from '#lib/store/fleet/database-incident.ts';
import { closeDb, db, openPool } from '#lib/store/postgres/db.ts';

const drain = new AbortController();
const stop = () => drain.abort();
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// The parent is gone.
process.on('disconnect', stop);

// What the network swallows without a word must not hold a worker, nor its locks the chunk's heir, for ever.
const { pool } = db({ answerMs: WORKER_ANSWER_MS, idleInTransactionMs: LEASE_MS });
// A renewal that is not answered within a lease is of no use any more; the second connection is for the next one.
const leasePool = openPool(env().DATABASE_URL ?? '', { max: 2, answerMs: LEASE_MS });
const keepHouse = async () => {
  await settleBatches(pool);
  await keepBreakers(pool);
  await failAbandonedUploads(pool);
  await pruneEvents(pool);
  // Of a worker that ended before it could say that the trouble was over.
  await resolveDatabaseIncident(pool);
};
process.send?.('ready');
await runWorker({
  pool,
  leasePool,
  handlers: { classifying: classifyChunk, executing: executeChunk },
  bells: (heard, idle) => listenForBells(env().DATABASE_URL ?? '', heard, idle),
  drain: drain.signal,
  log,
  chores: [
    { everyMs: SUM_CHECK_MS, act: checkSums },
    { everyMs: HOUSEKEEPING_MS, act: keepHouse },
  ],
});
await Promise.all([closeDb(), leasePool.end()]);
process.exit(0);
