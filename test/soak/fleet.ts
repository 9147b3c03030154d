/** The soak's workers: real processes of the product, each behind a proxy of its own, struck by signals and at named steps. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHUNKS_PER_WORKER, LEASE_MS, WORKER_ANSWER_MS } from '#lib/core/limits.ts';
import { FAILPOINTS, type Failpoint } from '#lib/engine/failpoints.ts';
import { startProxy, type Wire } from './proxy.ts';
import { patiently, type SoakServer } from './server.ts';
import type { Arm, FromWorker, ToWorker } from './worker.ts';

export const FAULTS = ['kill', 'stop', 'stall', 'cut', 'restart', 'drop', 'silence', 'partition'] as const;
export type Fault = (typeof FAULTS)[number] | 'term';

export type Counts = Record<Fault, number>;

/** A chunk whose worker was killed while others had room for it. */
type Kill = { chunkId: string; epoch: number; atMs: number };

type Worker = {
  name: string;
  child: ChildProcess;
  proxy: Wire;
  pid: number;
  alive: boolean;
  /** stopped by a signal, held at a step, or stalling */
  held: number;
  /** answers to pings since it was last held */
  calm: number;
  ended: Promise<number | null>;
};

export type Hold = { worker: Worker; go(stallMs?: number): Promise<void> };

const PROGRAM = 'test/soak/worker.ts';
const PING_MS = 200;
/** So many answers after it was held, whatever it had on the way has left it. */
const CALM = 15;
/** A worker whose last answer was swallowed hears of it only after WORKER_ANSWER_MS. */
const END_MS = WORKER_ANSWER_MS + 15_000;
const STALL_MS = LEASE_MS + 1_000;

export type Fleet = Awaited<ReturnType<typeof startFleet>>;

export async function startFleet(server: SoakServer, size: number) {
  const workers = new Set<Worker>();
  const arms = new Map<number, { arm: Arm; struck: (hold: Hold) => void }>();
  const seen = new Set<Failpoint>();
  const faulted = new Set<Failpoint>();
  const counts: Counts = { kill: 0, stop: 0, stall: 0, cut: 0, restart: 0, drop: 0, silence: 0, partition: 0, term: 0 };
  const kills: Kill[] = [];
  const crashes: string[] = [];
  let named = 0;
  let armed = 0;
  let closing = false;

  const tell = (worker: Worker, message: ToWorker): void => {
    if (worker.alive && worker.child.connected) worker.child.send(message, () => {});
  };
  const spread = (): void => {
    const all = [...arms.values()].map(({ arm }) => arm);
    for (const worker of workers) tell(worker, { arms: all });
  };

  const start = async (): Promise<void> => {
    named += 1;
    const name = `worker_${named}`;
    const proxy = await startProxy(server.port);
    const env = { ...process.env, DATABASE_URL: server.appUrl(proxy.port, name) };
    const child = spawn(process.execPath, [...process.execArgv, PROGRAM], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const ended = once(child, 'exit').then(([code]) => code as number | null);
    const worker: Worker = { name, child, proxy, pid: child.pid ?? 0, alive: true, held: 0, calm: 0, ended };
    workers.add(worker);
    void ended.then((code) => {
      worker.alive = false;
      workers.delete(worker);
      proxy.close();
      // A worker may end only when it is told to, or killed.
      if (code !== null && code !== 0) crashes.push(`${name} ended with code ${code}`);
      if (!closing) void start();
    });
    child.on('message', (message: FromWorker | 'ready') => {
      if (message === 'ready') spread();
      else if ('seen' in message) seen.add(message.seen);
      else if ('pong' in message) worker.calm += 1;
      else if ('went' in message) release(worker);
      else reached(worker, message);
    });
    spread();
  };
  const release = (worker: Worker): void => {
    worker.held -= 1;
    worker.calm = 0;
  };
  const reached = (worker: Worker, { reached: id, hold }: { reached: number; hold: number }): void => {
    worker.held += 1;
    const waiting = arms.get(id);
    arms.delete(id);
    spread();
    const go = async (stallMs = 0): Promise<void> => tell(worker, { go: hold, stallMs });
    // Another worker was there first.
    if (!waiting) return void go();
    faulted.add(waiting.arm.point);
    waiting.struck({ worker, go });
  };
  const pings = setInterval(() => {
    for (const worker of workers) if (worker.held === 0) tell(worker, { ping: 1 });
  }, PING_MS);

  /** Waits at a step; `disarm` gives it up. */
  const arm = (point: Failpoint, batchId: string, skip: number, struck: (hold: Hold) => void): (() => void) => {
    armed += 1;
    const id = armed;
    arms.set(id, { arm: { id, point, batchId, skip }, struck });
    spread();
    return () => {
      if (arms.delete(id)) spread();
    };
  };

  const ownedBy = async (worker: Worker): Promise<{ chunkId: string; epoch: number; now: number }[]> => {
    const { rows } = await patiently(() =>
      server.pool.query<{ chunkId: string; epoch: number; now: number }>(
        `SELECT c.id AS "chunkId", c.epoch, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
         FROM chunk c JOIN worker w ON w.id = c.lease_owner
         WHERE w.pid = $1 AND c.state IN ('classifying', 'executing') AND c.stopping IS NULL`,
        [worker.pid],
      ),
    );
    return rows;
  };
  const busy = async (): Promise<number> => {
    const { rows } = await patiently(() =>
      server.pool.query<{ busy: number }>(
        `SELECT count(*)::int AS busy FROM chunk c JOIN batch b ON b.id = c.batch_id
         WHERE b.state = 'running' AND (c.state IN ('classifying', 'executing', 'queued') OR (c.state = 'approved' AND (c.released OR c.has_first)))`,
      ),
    );
    return rows[0]?.busy ?? 0;
  };
  const claimedSince = async (chunk: { chunkId: string; epoch: number }): Promise<boolean> => {
    const { rowCount } = await patiently(() =>
      server.pool.query('SELECT FROM soak.claim WHERE chunk_id = $1 AND epoch > $2', [chunk.chunkId, chunk.epoch]),
    );
    return (rowCount ?? 0) > 0;
  };

  const kill = async ({ worker }: Hold): Promise<void> => {
    // All chunks at work, this worker's among them: the able workers that are left have room for them.
    const able = [...workers].filter((one) => one !== worker && one.held === 0 && one.calm > 0).length;
    const room = able > 0 && (await busy()) <= able * CHUNKS_PER_WORKER;
    const owned = await ownedBy(worker);
    worker.child.kill('SIGKILL');
    counts.kill += 1;
    if (room) for (const { chunkId, epoch, now } of owned) kills.push({ chunkId, epoch, atMs: now });
    await worker.ended;
  };
  const stop = async ({ worker, go }: Hold): Promise<void> => {
    const [chunk] = await ownedBy(worker);
    worker.held += 1;
    worker.child.kill('SIGSTOP');
    counts.stop += 1;
    // Past the lease, and until somebody else has the chunk if anybody wants it.
    await sleep(LEASE_MS);
    for (let looks = 0; looks < 15 && chunk && !(await claimedSince(chunk)); looks += 1) await sleep(200);
    worker.child.kill('SIGCONT');
    release(worker);
    await go();
  };
  const cut = async ({ worker, go }: Hold): Promise<void> => {
    await patiently(() =>
      server.pool.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [worker.name]),
    );
    counts.cut += 1;
    await go();
  };
  const drop = async ({ worker, go }: Hold): Promise<void> => {
    worker.proxy.dropAnswerOf(COMMITTING, () => {
      counts.drop += 1;
    });
    await go();
  };
  const silence = async ({ worker, go }: Hold): Promise<void> => {
    worker.proxy.swallowAnswerOf(COMMITTING, () => {
      counts.silence += 1;
    });
    await go();
  };
  const partition = async ({ worker, go }: Hold): Promise<void> => {
    counts.partition += 1;
    const held = worker.proxy.hold(STALL_MS);
    await go();
    await held;
  };

  const strike = async (fault: Fault, hold: Hold): Promise<void> => {
    if (fault === 'kill') await kill(hold);
    else if (fault === 'stop') await stop(hold);
    else if (fault === 'cut') await cut(hold);
    else if (fault === 'drop') await drop(hold);
    else if (fault === 'silence') await silence(hold);
    else if (fault === 'partition') await partition(hold);
    else if (fault === 'restart') {
      counts.restart += 1;
      await server.restart(() => void hold.go());
    } else if (fault === 'stall') {
      counts.stall += 1;
      await hold.go(STALL_MS);
    } else {
      counts.term += 1;
      hold.worker.child.kill('SIGTERM');
      await hold.go();
    }
  };

  await Promise.all(Array.from({ length: size }, start));
  return {
    arm,
    strike,
    counts,
    kills,
    crashes,
    /** Some worker that can be struck now, at whatever it does. */
    anyone(pick: number): Hold | null {
      const able = [...workers].filter((one) => one.held === 0 && one.calm > 0);
      const worker = able[Math.floor(pick * able.length)];
      return worker ? { worker, go: async () => {} } : null;
    },
    /** Whether nothing that this worker had begun to send can still leave it: it is dead, or awake and unhindered for long enough. */
    async calm(workerId: string): Promise<boolean> {
      const { rows } = await patiently(() =>
        server.pool.query<{ pid: number }>('SELECT pid FROM worker WHERE id = $1', [workerId]),
      );
      const worker = [...workers].find(({ pid }) => pid === rows[0]?.pid);
      return !worker || (worker.held === 0 && worker.calm >= CALM);
    },
    coverage() {
      const missing = FAILPOINTS.filter((point) => !faulted.has(point));
      return { points: FAILPOINTS.length, reached: seen.size, faulted: faulted.size, missing };
    },
    /** Kills all at once: the soak itself is being ended. */
    abandon(): void {
      closing = true;
      for (const { child } of workers) child.kill('SIGKILL');
    },
    /** All end in order, as at a deployment; gives what did not. */
    async end(): Promise<void> {
      closing = true;
      clearInterval(pings);
      const last = [...workers];
      for (const worker of last) {
        worker.child.kill('SIGCONT');
        worker.child.kill('SIGTERM');
      }
      const patience = sleep(END_MS, 'late', { ref: false });
      for (const worker of last) {
        if ((await Promise.race([worker.ended, patience])) !== 'late') continue;
        crashes.push(`${worker.name} did not end within ${END_MS / 1_000} s of SIGTERM`);
        worker.child.kill('SIGKILL');
        await worker.ended;
      }
    },
  };
}

/** What a worker writes that must not be lost unnoticed: claims, renewals, classifications, receipts, ends. Its heartbeat and its hints may be. */
const COMMITTING = /insert-intents|insert-outcomes|insert-classifications|claim-chunk|renew-lease|COMMIT|UPDATE chunk SET/;
