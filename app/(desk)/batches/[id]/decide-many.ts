import { decideAction } from '#app/(desk)/batches/actions.ts';
import type { DecideMany } from '#components/decisions/decide-dialog.tsx';

/** Approves these chunks by one decision, and lets the next ones go on. */
export function decideMany(batchId: string, decision: Parameters<DecideMany>[0]): ReturnType<DecideMany> {
  return decideAction({ batchId, execute: true, next: true, ...decision });
}
