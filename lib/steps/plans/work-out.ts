/** Has a plan, or a part of one, worked out in a thread, and says in words which rule it was that took too long. */
import { placeOfPart } from '#lib/classifiers/registry.ts';
import { CountersignError } from '#lib/core/errors.ts';
import { PLAN_MS, RULE_MS } from '#lib/core/limits.ts';
import { EndedEarly, inThread } from '#lib/engine/threads.ts';
import type { THREAD_JOBS } from './thread-jobs.ts';

type Jobs = { [Name in keyof typeof THREAD_JOBS]: Awaited<ReturnType<(typeof THREAD_JOBS)[Name]>> };

/**
 * Throws what the job throws, and `invalid` or `too_large` when it was ended for its time or memory; `unavailable` when too many wait already.
 * @param plan what the job works on, as it was given: it may be no plan
 */
export async function workOut<Name extends keyof Jobs>(
  name: Name,
  input: Parameters<Jobs[Name]>[0],
  { plan, jobMs = PLAN_MS, signal }: { plan: unknown; jobMs?: number; signal?: AbortSignal },
): Promise<Awaited<ReturnType<Jobs[Name]>>> {
  try {
    return await inThread<Parameters<Jobs[Name]>[0], Awaited<ReturnType<Jobs[Name]>>>(name, input, {
      jobMs,
      ...(signal && { signal }),
    });
  } catch (error) {
    throw error instanceof EndedEarly ? refusalOf(error, plan) : error;
  }
}

function refusalOf({ ended: { why, part, ordinal }, jobMs }: EndedEarly, plan: unknown): CountersignError {
  const place = placeOfPart(plan, part);
  if (!place) return new CountersignError('too_large', why === 'memory' ? TOO_LARGE : tooLong(jobMs));
  const told = `${place.words} ${wordsOf(why, ordinal, jobMs)}`;
  return new CountersignError('invalid', told, {
    problems: [{ path: place.path, message: told }],
    facts: { rule: part, ...(ordinal > 0 && { ordinal }) },
  });
}

function wordsOf(why: EndedEarly['ended']['why'], ordinal: number, jobMs: number): string {
  const where = ordinal > 0 ? ` on item ${ordinal}` : ' before it sees an item';
  if (why === 'memory') return `needs more memory${where} than is allowed. Make its texts and lists shorter.`;
  if (why === 'job')
    return `is too slow: the whole plan may take at most ${seconds(jobMs)}, and most of that went there. Make it look at less.`;
  return `takes longer${where} than ${seconds(RULE_MS)}. Make it look at less, or make its texts and lists shorter.`;
}

const TOO_LARGE = 'This plan needs more memory than is allowed. Chunk by a field with shorter values, or use a smaller dataset.';

function tooLong(jobMs: number): string {
  return `This plan takes longer than ${seconds(jobMs)} to work out. Use a smaller dataset, or try again when the server is less busy.`;
}

function seconds(ms: number): string {
  return `${ms / 1_000} seconds`;
}
