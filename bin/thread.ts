/** The program of a thread: what people wrote is read and evaluated here, and nowhere else. bin/web.ts and bin/worker.ts start it. */
import { WORKER_ANSWER_MS } from '#lib/core/limits.ts';
import { serveJobs } from '#lib/engine/thread-side.ts';
import { THREAD_JOBS } from '#lib/steps/plans/thread-jobs.ts';
import { db } from '#lib/store/postgres/db.ts';

const { backend } = serveJobs(THREAD_JOBS);
// One connection: who ends the thread ends the query of this one too.
const { pool } = db({ max: 1, answerMs: WORKER_ANSWER_MS });
pool.on('connect', (client) => backend((client as typeof client & { processID: number }).processID));
// Its number may be somebody else's by now.
pool.on('remove', () => backend(0));
