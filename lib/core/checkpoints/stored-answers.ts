/** The answers of a decision, as they are told and as they are read back. */
import { z } from 'zod';
import type { DecisionAnswers } from '#lib/ledger/receipt.ts';

export const toldAnswers = z.object({
  next: z.boolean(),
  execute: z.boolean(),
  sendBack: z.boolean(),
  close: z.boolean(),
  release: z.boolean(),
});

const answer = z.boolean().default(false).catch(false);
const none = { next: false, execute: false, sendBack: false, close: false, release: false };
const answers = toldAnswers
  .extend({ next: answer, execute: answer, sendBack: answer, close: answer, release: answer })
  .catch(none);

/** What the receipt of a decision says that was answered; nothing was, where it does not say so. */
export function storedAnswers(stored: unknown): DecisionAnswers {
  return answers.parse(stored);
}
