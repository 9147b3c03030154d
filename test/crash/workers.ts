/** Real worker processes over a test's database, for tests that kill them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { WITH_TEMPO } from '#test/tempo.ts';

export type WorkerProcess = {
  pid: number;
  /** How it ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  send(signal: NodeJS.Signals): void;
};

const PROGRAM = 'bin/worker.ts';
const running = new Set<ChildProcess>();

/**
 * Starts `npm run worker`'s process and waits until it has come up. `name` is what its connections are called in the database; `hoursOff` sets its
 * wall clock, `realTempo` gives it the product's leases.
 */
export async function startWorker(
  url: string,
  { name = 'worker', hoursOff = 0, realTempo = false }: { name?: string; hoursOff?: number; realTempo?: boolean } = {},
): Promise<WorkerProcess> {
  const env = environmentOfWorkers(url, name);
  // The channel is how it learns that a test run was itself killed: it then drains.
  const clock = hoursOff === 0 ? [] : ['--import', `${import.meta.resolve('./other-clock.ts')}?hours=${hoursOff}`];
  const tempo = realTempo ? [] : WITH_TEMPO;
  const child = spawn(process.execPath, [...tempo, ...clock, PROGRAM], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  running.add(child);
  const ended = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return { code, signal };
  });
  await Promise.race([
    once(child, 'message'),
    ended.then(({ code, signal }) => Promise.reject(new Error(`The worker ended with ${code ?? signal} before it was up.`))),
  ]);
  return { pid: child.pid ?? 0, ended, send: (signal) => void child.kill(signal) };
}

/** With loopback as a target; `name` as for `startWorker`. */
export function environmentOfWorkers(url: string, name: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATABASE_URL: `${url}?application_name=${name}`,
    ALLOW_PRIVATE_TARGETS: '1',
  };
}

/** Starts several at once. */
export function startWorkers(url: string, count: number, { realTempo = false } = {}): Promise<WorkerProcess[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => startWorker(url, { name: `worker_${index + 1}`, realTempo })));
}

/** Kills what is still there; a stopped process too. `ends.ts` does it after each file. */
export async function killWorkers(): Promise<void> {
  const last = [...running];
  for (const child of last) child.kill('SIGKILL');
  await Promise.all(last.map((child) => child.exitCode === null && child.signalCode === null && once(child, 'exit')));
}

export type Owner = { pid: number; epoch: number; state: string };

/** Who owns the chunk now; null when nobody does. */
export async function ownerOf(pool: Pool, batchId: string, number = 1): Promise<Owner | null> {
  const { rows } = await pool.query<Owner>(
    `SELECT w.pid, c.epoch, c.state FROM chunk c JOIN worker w ON w.id = c.lease_owner
     WHERE c.batch_id = $1 AND c.number = $2 AND c.state IN ('classifying', 'executing')`,
    [batchId, number],
  );
  return rows[0] ?? null;
}

/** The database's clock, in ms. */
export async function databaseNow(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ now: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now');
  return rows[0]?.now ?? Number.NaN;
}

/** Each look is a query or two: forty a second of them keep a tenth of a core busy. */
const LOOK_MS = 50;
const PATIENCE_MS = 90_000;

/** Looks until there is something; the time it takes decides nothing. */
export async function eventually<T>(what: string, look: () => Promise<T | null | false>): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (performance.now() > until) throw new Error(`It never came: ${what}.`);
    await sleep(LOOK_MS);
  }
}
