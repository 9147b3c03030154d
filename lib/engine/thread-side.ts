/** The side of the thread: takes one job at a time, says where it stands, and gives what came of it as data. */
import { parentPort } from 'node:worker_threads';
import type { At } from '#lib/classifiers/port.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { CELLS, type JobMessage } from './thread-pool.ts';
import type { Came, Job } from './threads.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a job takes is its own; whoever asks for it by name gives that
type AnyJob = Job<any, unknown>;
/** How each is loaded. */
type Jobs = Record<string, () => Promise<AnyJob>>;

/**
 * Serves the jobs of these names for as long as the thread lives; one has begun when its program is loaded. `backend` is told which process of the
 * database serves this thread.
 */
export function serveJobs(jobs: Jobs): { backend(pid: number): void } {
  let served = 0;
  let at: Int32Array | null = null;
  parentPort?.on('message', ({ job, input, cells }: JobMessage) => {
    at = cells;
    Atomics.store(cells, CELLS.backend, served);
    void carryOut(jobs[job], input, cells).then((came) => parentPort?.postMessage(came));
  });
  return {
    backend(pid) {
      served = pid;
      if (at) Atomics.store(at, CELLS.backend, pid);
    },
  };
}

function whereabouts(cells: Int32Array): At {
  return (part, ordinal) => {
    cells[CELLS.part] = part;
    cells[CELLS.ordinal] = ordinal;
    // Last: whoever sees that it went on sees where it is.
    Atomics.add(cells, CELLS.steps, 1);
  };
}

async function carryOut(load: Jobs[string] | undefined, input: unknown, cells: Int32Array): Promise<Came> {
  try {
    if (!load) throw new Error('There is no such job.');
    const job = await load();
    Atomics.store(cells, CELLS.begun, 1);
    return { value: await job(input, whereabouts(cells)) };
  } catch (error) {
    if (error instanceof CountersignError) {
      const { code, message, problems, facts } = error;
      return { refused: { code, message, problems, facts } };
    }
    // What tells a fault of the database from others goes with it.
    const { name, message, stack, code, severity } = error as Error & { code?: unknown; severity?: unknown };
    return { broke: { name, message, ...(stack ? { stack } : {}), code, severity } };
  }
}
