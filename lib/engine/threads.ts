/**
 * Work that somebody else wrote (rules, plans) runs in threads, where it can be ended in the middle: a rule that never comes back must not stop the
 * pages of others, nor the renewal of a lease. This is the side of those who ask; bin/ starts the threads (thread-pool.ts), so that no bundler meets
 * them, and docs/budgets.md says why.
 */
import type { At } from '#lib/classifiers/port.ts';
import { CountersignError, type ErrorCode, type Problem } from '#lib/core/errors.ts';
import { RETRY_CROWDED_SECONDS, RULE_MS } from '#lib/core/limits.ts';

/** A job, as the thread carries it out; its input and what it gives are cloned on the way. */
export type Job<Input, Output> = (input: Input, at: At) => Promise<Output>;

/**
 * Why a job was ended from outside, and where it stood. `evaluation`: one rule on one item (0: none, it was being checked) took longer than RULE_MS;
 * `job`: the whole took longer than it may; `memory`: it wanted more than a thread has. `part` is the index of the rule that it was seen in
 * most, or -1 when most of its time went elsewhere.
 */
export type Ended = { why: 'evaluation' | 'job' | 'memory'; part: number; ordinal: number };

/** What came of a job, as data: the two sides may have loaded the classes of errors twice. */
export type Came =
  | { value: unknown }
  | { refused: { code: ErrorCode; message: string; problems: Problem[]; facts: Record<string, unknown> } }
  | { broke: { name: string; message: string; stack?: string; code?: unknown; severity?: unknown } }
  | { ended: Ended }
  | 'crowded'
  | 'aborted';

export type JobBounds = { jobMs: number; ruleMs: number; signal?: AbortSignal | undefined };

export type Threads = {
  run(job: string, input: unknown, bounds: JobBounds): Promise<Came>;
  /** Ends them, whatever they are at. */
  end(): Promise<void>;
};

// Next loads modules more than once, and what it bundles must find what bin/ started.
const state = globalThis as typeof globalThis & { countersignThreads?: Threads };

/** Hands the process its threads; the last ones given count. */
export function takeThreads(threads: Threads): void {
  state.countersignThreads = threads;
}

/** A job that was ended: whoever asked knows what its parts are called. */
export class EndedEarly extends Error {
  readonly ended: Ended;
  readonly jobMs: number;

  constructor(ended: Ended, jobMs: number) {
    super(`The work was ended: ${ended.why}.`);
    this.name = 'EndedEarly';
    this.ended = ended;
    this.jobMs = jobMs;
  }
}

/**
 * Does the job of this name in a thread. Throws what the job throws, `EndedEarly` when it takes too long or too much memory, `unavailable` when as
 * many wait already as may, and the signal's reason when it aborts.
 */
export async function inThread<Input, Output>(
  job: string,
  input: Input,
  { jobMs, signal }: { jobMs: number; signal?: AbortSignal },
): Promise<Output> {
  const { countersignThreads } = state;
  if (!countersignThreads) throw new Error('No threads were started in this process; bin/ starts them.');
  signal?.throwIfAborted();
  const came = await countersignThreads.run(job, input, { jobMs, ruleMs: RULE_MS, signal });
  if (came === 'crowded')
    throw new CountersignError('unavailable', 'Too much is being worked out at the moment. Try again in a few seconds.', {
      facts: { retryAfterSeconds: RETRY_CROWDED_SECONDS },
    });
  if (came === 'aborted') throw signal?.reason ?? new DOMException('The threads were ended.', 'AbortError');
  if ('value' in came) return came.value as Output;
  if ('ended' in came) throw new EndedEarly(came.ended, jobMs);
  if ('refused' in came) {
    const { code, message, ...more } = came.refused;
    throw new CountersignError(code, message, more);
  }
  throw Object.assign(new Error(came.broke.message), came.broke);
}
