/**
 * The threads of a process: a few, started when they are first needed, each with one job at a time. A job that takes too long ends with its thread,
 * in the middle of whatever it is at, and its query with it; the next job gets a new one. Nothing that Next bundles imports this.
 */
import { Worker } from 'node:worker_threads';
import { THREAD_LOOK_MS, THREAD_MEMORY_MB, THREAD_YOUNG_MB } from '#lib/core/limits.ts';
import { type Came, type Ended, type JobBounds, type Threads, takeThreads } from './threads.ts';

/** What a thread writes while it works, for whoever may have to end it: it can't be asked then. */
export const CELLS = { begun: 0, steps: 1, part: 2, ordinal: 3, backend: 4 } as const;

export type JobMessage = { job: string; input: unknown; cells: Int32Array };

type Waiting = { job: string; input: unknown; bounds: JobBounds; settle: (came: Came) => void };
type Thread = { worker: Worker; settle: ((came: Came) => void) | null; ending: boolean };

export type ThreadPool = {
  /** The program of a thread: bin/thread.ts. */
  program: string;
  threads: number;
  /** How many jobs may wait, and each how long, before they are turned away; null where whoever asks has nothing better to do than wait. */
  patience: { jobs: number; ms: number } | null;
  /** Ends what a lost thread left running in the database. */
  cancelQuery: (backend: number) => Promise<unknown>;
};

/** Makes the process's threads; none runs before the first job. */
export function startThreads({ program, threads: most, patience, cancelQuery }: ThreadPool): Threads {
  const all = new Set<Thread>();
  const idle: Thread[] = [];
  const waiting: Waiting[] = [];
  let over = false;

  function next(): void {
    while (waiting.length > 0) {
      const thread = idle.pop() ?? (all.size < most ? start() : null);
      if (!thread) return;
      const first = waiting.shift();
      if (first) give(thread, first);
    }
  }

  function start(): Thread {
    const worker = new Worker(program, {
      resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB, maxYoungGenerationSizeMb: THREAD_YOUNG_MB },
    });
    const thread: Thread = { worker, settle: null, ending: false };
    all.add(thread);
    worker.on('message', (came: Came) => {
      const { settle } = thread;
      thread.settle = null;
      if (!thread.ending) rest(thread);
      settle?.(came);
      next();
    });
    let fault: Error & { code?: string } = new Error('A thread ended by itself.');
    worker.on('error', (error) => {
      fault = error;
    });
    worker.on('exit', () => {
      all.delete(thread);
      const at = idle.indexOf(thread);
      if (at !== -1) idle.splice(at, 1);
      thread.settle?.(
        fault.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? OUT_OF_MEMORY
          : { broke: { ...fault, message: fault.message, name: fault.name } },
      );
      thread.settle = null;
      next();
    });
    return thread;
  }

  function rest(thread: Thread): void {
    // Nobody waits for a thread that has nothing to do.
    thread.worker.unref();
    idle.push(thread);
  }

  function give(thread: Thread, { job, input, bounds, settle }: Waiting): void {
    const cells = new Int32Array(new SharedArrayBuffer(Object.keys(CELLS).length * Int32Array.BYTES_PER_ELEMENT));
    cells[CELLS.part] = -1;
    const watched = watch(cells, bounds, (why) => {
      const { settle: tell } = thread;
      thread.settle = null;
      thread.ending = true;
      const backend = cells[CELLS.backend] ?? 0;
      // Its place is free when it is gone: a processor has no more threads than it was given.
      void thread.worker
        .terminate()
        .then(() => (backend > 0 ? cancelQuery(backend) : null))
        .catch(() => {});
      tell?.(why);
    });
    thread.settle = (came) => {
      watched.end();
      settle(came === OUT_OF_MEMORY ? { ended: { why: 'memory', ...watched.place() } } : came);
    };
    thread.worker.ref();
    try {
      thread.worker.postMessage({ job, input, cells } satisfies JobMessage);
    } catch (error) {
      // It can't be cloned: the thread never hears of it.
      const { name, message } = error as Error;
      thread.settle({ broke: { name, message } });
      thread.settle = null;
      rest(thread);
    }
  }

  const threads: Threads = {
    run(job, input, bounds) {
      if (over) return Promise.resolve('aborted');
      if (patience && waiting.length >= patience.jobs) return Promise.resolve('crowded');
      return new Promise((resolve) => {
        const one: Waiting = {
          ...{ job, input, bounds },
          settle: (came) => {
            clearTimeout(tooLong);
            bounds.signal?.removeEventListener('abort', leave);
            resolve(came);
          },
        };
        const giveUp = (came: Came) => {
          const at = waiting.indexOf(one);
          if (at === -1) return;
          waiting.splice(at, 1);
          one.settle(came);
        };
        const leave = () => giveUp('aborted');
        const tooLong = patience ? setTimeout(() => giveUp('crowded'), patience.ms) : undefined;
        bounds.signal?.addEventListener('abort', leave);
        waiting.push(one);
        next();
      });
    },
    async end() {
      over = true;
      for (const one of waiting.splice(0)) one.settle('aborted');
      await Promise.all([...all].map(({ worker }) => worker.terminate()));
    },
  };
  takeThreads(threads);
  return threads;
}

const OUT_OF_MEMORY: Came = { broke: { name: 'Error', message: 'A thread had no memory left.' } };

const PASSED_MS_MAX = 4 * THREAD_LOOK_MS;

/** Looks at where a job stands, now and then, and says once when it is to be ended. */
function watch(cells: Int32Array, { jobMs, ruleMs, signal }: JobBounds, over: (why: Came) => void) {
  let jobFor = 0;
  let stepFor = 0;
  let looks = 0;
  let steps = -1;
  let lookedAt = performance.now();
  const seen = new Map<number, number>();
  const cell = (which: keyof typeof CELLS): number => Atomics.load(cells, CELLS[which]);
  const place = (): Omit<Ended, 'why'> => ({ part: cell('part'), ordinal: cell('ordinal') });
  const end = (): void => {
    clearInterval(timer);
    signal?.removeEventListener('abort', aborted);
  };
  const ended = (came: Came): void => {
    end();
    over(came);
  };
  const aborted = () => ended('aborted');
  signal?.addEventListener('abort', aborted);
  const timer = setInterval(() => {
    // Time in which nobody could look, for the process was frozen or busy, is not the rule's.
    const passed = Math.min(performance.now() - lookedAt, PASSED_MS_MAX);
    lookedAt = performance.now();
    // Until it begins, a thread is loading the program.
    if (cell('begun') === 0) return;
    const { part, ordinal } = place();
    jobFor += passed;
    stepFor = cell('steps') === steps ? stepFor + passed : 0;
    steps = cell('steps');
    looks += 1;
    if (part >= 0) seen.set(part, (seen.get(part) ?? 0) + 1);
    if (part >= 0 && stepFor > ruleMs) ended({ ended: { why: 'evaluation', part, ordinal } });
    else if (jobFor > jobMs) ended({ ended: { why: 'job', part: blamed(seen, looks), ordinal } });
  }, THREAD_LOOK_MS);
  return { end, place };
}

/** The part that was seen most; -1 when most of the time went elsewhere, as into waiting for the database. */
function blamed(seen: ReadonlyMap<number, number>, looks: number): number {
  const inParts = [...seen.values()].reduce((sum, times) => sum + times, 0);
  return 2 * inParts > looks ? ([...seen].sort(([, one], [, other]) => other - one)[0]?.[0] ?? -1) : -1;
}
