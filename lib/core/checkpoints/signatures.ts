/**
 * Two signatures: what each decision over a chunk was to them. Receipts don't say it themselves, for it follows from their order: the same answer is
 * the first signature where none is open, and the second where one is.
 */
import type { Plan } from '#lib/core/plans/plan.ts';

export const SIGNINGS = ['first', 'second', 'refused'] as const;
export type Signing = (typeof SIGNINGS)[number];

type Decision = { seq: number; answers: { execute: boolean; sendBack: boolean } };

/** By seq, for the decisions of one chunk in the order of their seqs. Those that neither sign nor refuse are left out. */
export function signingsOf(decisions: readonly Decision[]): Map<number, Signing> {
  const signings = new Map<number, Signing>();
  let open = false;
  for (const { seq, answers } of decisions) {
    if (answers.execute) {
      signings.set(seq, open ? 'second' : 'first');
      open = !open;
    } else if (answers.sendBack) {
      if (open) signings.set(seq, 'refused');
      open = false;
    }
  }
  return signings;
}

/** Whether the plan wants two people to sign each chunk. */
export function needsTwo({ gates }: Pick<Plan, 'gates'>): boolean {
  return gates.approvals === 2;
}
