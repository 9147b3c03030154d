/** When so much fails that going on would do harm: a run of failures, or too large a share of them. */
import type { TargetFault } from '#lib/store/actions/breakers.sql.ts';
import type { Counted } from '#lib/store/actions/execution.sql.ts';

/** `share` counts after this many outcomes, so that one early failure is not half of everything. */
const SHARE_COUNTS_AFTER = 20;

type Limits = { consecutive: number; share: number };
/** `fault`: what the answer says of its target; null where it is about the one request. */
type Answer = { result: 'succeeded' } | { result: 'failed' | 'uncertain'; reason: string; fault: TargetFault | null };
/** The words to halt with; and the target's fault, when all that spent the budget were failures of one target. */
export type Spent = { words: string; fault: TargetFault | null };

/**
 * Counts outcomes as they come; `count` says so once the budget is spent, else null. Uncertain counts as failed here. It goes on from what was counted
 * `before` the chunk was given back, and tells what there is by now.
 */
export function errorBudget(
  limits: Limits,
  before: Counted | null = null,
): { count(answer: Answer): Spent | null; counted(): Counted } {
  let outcomes = before?.outcomes ?? 0;
  const all = failures(before?.all);
  let run = failures(before?.run);
  return {
    counted: () => ({ outcomes, all: { count: all.count(), last: all.fault() }, run: { count: run.count(), last: run.fault() } }),
    count(answer) {
      outcomes += 1;
      if (answer.result === 'succeeded') {
        run = failures();
        return null;
      }
      run.add(answer.fault);
      all.add(answer.fault);
      if (run.count() >= limits.consecutive) {
        return {
          words: `${run.count()} actions in a row did not succeed. The last reason: ${answer.reason}.`,
          fault: run.fault(),
        };
      }
      if (outcomes >= SHARE_COUNTS_AFTER && all.count() / outcomes > limits.share) {
        return {
          words: `${all.count()} of ${outcomes} actions did not succeed. The last reason: ${answer.reason}.`,
          fault: all.fault(),
        };
      }
      return null;
    },
  };
}

/** Counts failures, and knows whether all of them were one target's. */
function failures(before?: Counted['all']) {
  let count = before?.count ?? 0;
  let last: TargetFault | null = before?.last ?? null;
  return {
    add(fault: TargetFault | null): void {
      last = count === 0 || last?.target === fault?.target ? fault : null;
      count += 1;
    },
    count: () => count,
    fault: () => last,
  };
}
