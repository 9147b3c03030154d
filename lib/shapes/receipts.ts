import { z } from 'zod';
import { SIGNINGS } from '#lib/core/checkpoints/signatures.ts';
import type { ReceiptBody, ReceiptResult } from '#lib/ledger/receipt.ts';
import { fieldValues, instant, isObject } from './values.ts';

// The ledger's own words: its code hashes with what a browser does not have, so only its types come here.
const receiptKind = z.enum([
  'intent',
  'outcome',
  'resolution',
  'decision',
  'correction',
  'start',
  'plan',
  'closing',
  'attestation',
] as const satisfies readonly ReceiptBody['kind'][]);
const receiptResult = z.enum([
  'succeeded',
  'failed',
  'skipped',
  'uncertain',
  'not_executed',
  'abandoned',
] as const satisfies readonly ReceiptResult[]);

export const receiptBody = z.custom<ReceiptBody>(isObject, 'This is not an object.');

/** As pages are given one. */
export const receiptRow = z.object({
  chunk: z.int(),
  seq: z.int(),
  ordinal: z.int().nullable(),
  step: z.int().nullable(),
  kind: receiptKind,
  result: receiptResult.nullable(),
  reason: z.string().nullable(),
  /** hex */
  leaf: z.string(),
  at: instant,
  committedAt: instant,
  /** who wrote it, by name where it is a person */
  by: z.string(),
  category: z.string().nullable(),
  fields: fieldValues,
  /** what the target answered, its beginning; null where nothing is kept */
  answer: z.string().nullable(),
  /** its bytes, read; what was altered is shown as it is */
  body: receiptBody,
  /** where two people sign: what this decision was to their signatures */
  signing: z.enum(SIGNINGS).nullable(),
  line: z.string(),
});
export type ReceiptRow = z.infer<typeof receiptRow>;

/** As a list has it: without what one opens it for. */
export const receiptListed = receiptRow.omit({ body: true, answer: true });
export type ReceiptListed = z.infer<typeof receiptListed>;
