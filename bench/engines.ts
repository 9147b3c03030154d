/**
 * A job for each item with one receipt each, on the job engines that people would use instead, at their best settings: their workers are as many
 * processes as ours; jobs are stored beforehand and not counted; jobs that one process has at hand at the same time store their receipts
 * with one INSERT; and only receipts are waited for, not the end of the last jobs. The receipts are rows of an outcome's bytes in a table
 * with the indexes of ours.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { ended } from './workers.ts';

export const ENGINES = ['pg-boss', 'graphile-worker'] as const;
export type Engine = (typeof ENGINES)[number];
export const QUEUE = 'receipts';

const INSERT_JOBS = 1_000;

/** Makes what both need, once, before they are measured. */
export async function prepareEngines(ownerUrl: string): Promise<void> {
  await runMigrations({ connectionString: ownerUrl });
  const boss = new PgBoss({ connectionString: ownerUrl, max: 1, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  await boss.createQueue(QUEUE);
  await boss.stop({ graceful: false });
}

/** Items a second, from the moment the workers may begin until the last receipt is stored. */
export async function engineOf(
  engine: Engine,
  given: { superuser: pg.Client; ownerUrl: string; items: number; workers: number; body: Buffer; leaf: Buffer },
): Promise<number> {
  const { superuser, ownerUrl, items } = given;
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const children: ChildProcess[] = [];
  try {
    await owner.query(
      'DROP TABLE IF EXISTS engine_receipt; CREATE TABLE engine_receipt (LIKE receipt INCLUDING DEFAULTS INCLUDING INDEXES)',
    );
    await storeJobs(engine, ownerUrl, owner, items);
    for (let index = 1; index <= given.workers; index++) {
      const child = spawn(process.execPath, ['bench/engine-worker.ts', engine, String(index)], {
        env: {
          ...process.env,
          BENCH_URL: ownerUrl,
          BENCH_BODY: given.body.toString('hex'),
          BENCH_LEAF: given.leaf.toString('hex'),
        },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      children.push(child);
      await once(child, 'message');
    }
    await superuser.query('CHECKPOINT');
    const all = new Promise<void>((resolve, reject) => {
      let stored = 0;
      for (const child of children) {
        child.on('message', (rows) => {
          stored += rows as number;
          if (stored >= items) resolve();
        });
        child.once('exit', () => reject(new Error(`A worker of ${engine} ended early.`)));
      }
    });
    const started = performance.now();
    for (const child of children) child.send('go');
    await all;
    const seconds = (performance.now() - started) / 1000;
    const { rows } = await owner.query<{ count: number }>('SELECT count(DISTINCT ordinal)::int AS count FROM engine_receipt');
    if (rows[0]?.count !== items) throw new Error(`${engine} left ${rows[0]?.count} of ${items} receipts.`);
    return items / seconds;
  } finally {
    for (const child of children) child.removeAllListeners('exit');
    await Promise.all(children.map(ended));
    await owner.end();
  }
}

async function storeJobs(engine: Engine, ownerUrl: string, owner: pg.Client, items: number): Promise<void> {
  if (engine === 'graphile-worker') {
    await owner.query(
      `SELECT count(*) FROM graphile_worker.add_jobs((SELECT array_agg(
         (json_populate_record(NULL::graphile_worker.job_spec, json_build_object('identifier', $1::text, 'payload', json_build_object('ordinal', o))))
       ) FROM generate_series(1, $2::int) o))`,
      [QUEUE, items],
    );
    return;
  }
  const boss = new PgBoss({ connectionString: ownerUrl, max: 1, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  await boss.deleteAllJobs(QUEUE);
  for (let from = 1; from <= items; from += INSERT_JOBS) {
    const count = Math.min(INSERT_JOBS, items - from + 1);
    await boss.insert(
      QUEUE,
      Array.from({ length: count }, (_, at) => ({ data: { ordinal: from + at } })),
    );
  }
  await boss.stop({ graceful: false });
}
