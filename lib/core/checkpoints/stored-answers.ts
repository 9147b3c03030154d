/** The answers of a decision, read back. */
import { z } from 'zod';
import type { DecisionAnswers } from '#lib/ledger/receipt.ts';

const answer = z.boolean().default(false).catch(false);
const none = { next: false, execute: false, sendBack: false, close: false, release: false };
const answers: z.ZodType<DecisionAnswers> = z
  .object({ next: answer, execute: answer, sendBack: answer, close: answer, release: answer })
  .catch(none);

/** What the receipt of a decision says that was answered; nothing was, where it does not say so. */
export function storedAnswers(stored: unknown): DecisionAnswers {
  return answers.parse(stored);
}
