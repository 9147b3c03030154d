/** What models cost, and which call gave an answer. */
import { z } from 'zod';
import { INSTRUCTION_CHARS_MAX, MODEL_PROBE_ITEMS, MODEL_SPEND_MAX } from '#lib/core/limits.ts';
import { PROVIDERS } from '#lib/core/models/model.ts';
import { count, fieldValues, instant, nameNumber } from './values.ts';

const amount = z.number().min(0);
const currency = z.string().describe('As the connection’s prices are in: USD, EUR.');

export const spend = z
  .object({
    spent: amount.describe('What its calls cost, and what those may cost whose cost is not known: in the currency, as a number.'),
    atMost: amount.describe('What it may cost. No call is sent that could pass it.'),
    currency,
    connection: z.string().describe('The connection that it is spent over.'),
  })
  .describe('What the batch has spent on a model.');
export type Spend = z.infer<typeof spend>;

export const atMost = z
  .number()
  .gt(0, 'What it may cost is a number above 0.')
  .max(MODEL_SPEND_MAX, `What it may cost is ${MODEL_SPEND_MAX.toLocaleString('en-US')} at most.`)
  .describe('What the batch may cost from now on, in the currency of its connection’s prices.');

/** Of an answer: who was asked, with what, and what the call cost that it came with. An agent that says what it spent is told of in the same way. */
export const origin = z
  .object({
    connection: z.string(),
    provider: z.enum(PROVIDERS).or(z.string()),
    model: z.string(),
    instruction: z.string().describe('The SHA-256 of the instruction and the categories that it was told, in hex.'),
    planRevision: nameNumber.nullable(),
    items: count.describe('How many items were asked for in the same call: tokens, cost and time are the call’s.'),
    tokens: z.object({ input: count, output: count }).nullable().describe('By the server’s own count; null where it gave none.'),
    cost: amount.nullable().describe('In the currency; null where it is not known, and the reservation counts.'),
    currency,
    ms: count.nullable().describe('From the call’s beginning to its end.'),
    at: instant,
  })
  .describe('The call to a model that gave the answer.');
export type Origin = z.infer<typeof origin>;

/** What is asked of a plan's model before its batch starts: about these items, or about some that are drawn. */
export const tryAsked = z.strictObject({
  datasetId: z.uuid(),
  plan: z.json().describe('A plan whose classifier is `model`.'),
  ordinals: z
    .array(nameNumber)
    .min(1)
    .max(MODEL_PROBE_ITEMS)
    .optional()
    .describe('The items; left out: some that are drawn at random, from which follows what the whole dataset costs.'),
});

export const tryBound = z.object({
  items: count.describe('How many items would be asked for.'),
  calls: count,
  atMost: amount.describe('The most that it can cost, in the currency.'),
  currency,
});
export type TryBound = z.infer<typeof tryBound>;

const interval = z
  .object({ low: amount, likely: amount, high: amount })
  .describe('Where it lies, at 95 %, by Student’s t over the items that were drawn.');

export const tried = z.object({
  answers: z
    .array(
      z.object({
        ordinal: nameNumber,
        fields: fieldValues.describe('The first of its fields, to tell which item it is.'),
        category: z.string(),
        why: z.string(),
        confidence: z.number(),
      }),
    )
    .describe(
      'In the order of the items. What got no usable answer is in `otherwise`, with confidence 0; a batch asks for it again.',
    ),
  tokens: z.object({ input: count, output: count }),
  spent: amount.describe('What it cost, with what may have been paid for calls that broke off.'),
  currency,
  ms: count,
  dataset: z
    .object({ items: count, costs: interval.nullable(), tokens: interval.nullable() })
    .nullable()
    .describe(
      'What all items of the dataset would cost, where items were drawn; null within it where too few were answered to say.',
    ),
});
export type Tried = z.infer<typeof tried>;

/** What is asked of a model that is to propose how a dataset is sorted. */
export const proposalAsked = z.strictObject({
  datasetId: z.uuid(),
  connection: z.string().min(1, 'Choose the connection that leads to the model.').max(100),
  instruction: z.string().trim().min(1, 'Say what should happen.').max(INSTRUCTION_CHARS_MAX),
});

export const proposal = z.object({
  categories: z
    .array(z.object({ name: z.string(), means: z.string() }))
    .describe('Proposed by the model, without actions: a person takes them or not.'),
  spent: amount,
  currency,
});
export type Proposal = z.infer<typeof proposal>;
