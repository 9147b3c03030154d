import { resolve } from 'node:path';
import { startThreads } from '#lib/engine/thread-pool.ts';
import type { Threads } from '#lib/engine/threads.ts';
import { cancelQuery } from '#lib/store/postgres/cancel-query.ts';
import { db } from '#lib/store/postgres/db.ts';

const PROGRAM = resolve(import.meta.dirname, 'thread.ts');

/** The threads of this process, over its database. `patience`: how many jobs may wait, and how long; null for as long as it takes. */
export function threadsOf(threads: number, patience: { jobs: number; ms: number } | null, program = PROGRAM): Threads {
  return startThreads({ program, threads, patience, cancelQuery: (backend) => cancelQuery(db().pool, backend) });
}
