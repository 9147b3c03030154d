/**
 * What the product's threads do, done in the process of the test: a thread loads the modules of its jobs anew, half a second of a core for each test file. Nothing
 * is ended in the middle here: tests of that start threads. `npm run proof` has them everywhere.
 */
import { CountersignError } from '#lib/core/errors.ts';
import { type Came, type Threads, takeThreads } from '#lib/engine/threads.ts';
import { THREAD_JOBS } from '#lib/steps/plans/thread-jobs.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a job takes is its own; whoever asks for it by name gives that
type AnyJob = (input: any, at: () => void) => Promise<unknown>;

/** Hands the process its jobs, as data in and out, one after the other, as a thread does them. */
export function jobsHere(): Threads {
  let last: Promise<unknown> = Promise.resolve();
  const threads: Threads = {
    run(name, input, { signal }) {
      const came = last.then(() =>
        signal?.aborted ? 'aborted' : carryOut(name as keyof typeof THREAD_JOBS, structuredClone(input)),
      );
      last = came;
      const aborted = new Promise<Came>((settle) => signal?.addEventListener('abort', () => settle('aborted')));
      return signal ? Promise.race([came, aborted]) : came;
    },
    async end() {
      await last;
    },
  };
  takeThreads(threads);
  return threads;
}

async function carryOut(name: keyof typeof THREAD_JOBS, input: unknown): Promise<Came> {
  try {
    const job: AnyJob = await THREAD_JOBS[name]();
    return { value: structuredClone(await job(input, () => {})) };
  } catch (error) {
    if (error instanceof CountersignError) {
      const { code, message, problems, facts } = error;
      return { refused: { code, message, problems, facts } };
    }
    const { name: kind, message, stack, code, severity } = error as Error & { code?: unknown; severity?: unknown };
    return { broke: { name: kind, message, ...(stack ? { stack } : {}), code, severity } };
  }
}
