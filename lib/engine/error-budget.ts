/** When so much fails that going on would do harm: a run of failures, or too large a share of them. */

/** `share` counts after this many outcomes, so that one early failure is not half of everything. */
const SHARE_COUNTS_AFTER = 20;

type Limits = { consecutive: number; share: number };

/** Counts outcomes as they come; `count` gives the words to halt with once the budget is spent, else null. Uncertain counts as failed here. */
export function errorBudget(limits: Limits): { count(answer: { result: string; reason?: string }): string | null } {
  let outcomes = 0;
  let bad = 0;
  let run = 0;
  return {
    count(answer) {
      outcomes += 1;
      if (answer.result === 'succeeded') {
        run = 0;
        return null;
      }
      bad += 1;
      run += 1;
      if (run >= limits.consecutive) return `${run} actions in a row did not succeed; the last said ${answer.reason}.`;
      if (outcomes >= SHARE_COUNTS_AFTER && bad / outcomes > limits.share) {
        return `${bad} of ${outcomes} actions did not succeed; the last said ${answer.reason}.`;
      }
      return null;
    },
  };
}
