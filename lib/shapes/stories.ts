/** One item's whole story, and the receipts that lead to it (docs/stories.md). */
import { z } from 'zod';
import { drawn, fieldLabels } from './datasets.ts';
import { VERDICTS } from './evidence.ts';
import { origin } from './models.ts';
import { reading } from './readings.ts';
import { receiptListed, receiptRow } from './receipts.ts';
import { shelfName } from './shelf.ts';
import { count, fieldValues, id, instant, named, noun } from './values.ts';

const place = z.object({ chunk: z.int(), seq: z.int() });
const receipt = place.extend({
  altered: z.boolean().describe('Its bytes are not what was stored: they do not give its hash, or are no receipt of this item.'),
});

/** Of every line of a story. */
const told = {
  at: instant.nullable().describe('When; null where nobody kept it.'),
  by: z.string().nullable().describe('Who, by name; null where nobody is named.'),
  receipt: receipt.nullable().describe('The receipt that says so; null where there is none.'),
};

/** The same item in another batch: the one that it undoes, or that undid it. */
const elsewhere = place.extend({ batchId: id, batchName: z.string(), ordinal: z.int() });

const line = z.discriminatedUnion('kind', [
  z.object({
    ...{ kind: z.literal('read'), ...told },
    dataset: z.object(named),
    file: z.string().describe('The file that it was read from.'),
    line: z.int().nullable().describe('The line of the file at which it begins; null where nobody kept it.'),
    reading: reading
      .pick({ revision: true, digest: true, format: true, layout: true, fields: true })
      .nullable()
      .describe(
        'How the file was read when the batch was planned, with its dates and numbers; null for a reader who may not see items.',
      ),
    deleted: z.object({ at: instant, by: z.string() }).nullable().describe('Whether the dataset was deleted since.'),
  }),
  z.object({ kind: z.literal('undoes'), ...told, link: elsewhere }),
  z.object({ kind: z.literal('started'), ...told }),
  z.object({
    ...{ kind: z.literal('classified'), ...told },
    category: z.string(),
    classifier: z
      .string()
      .describe(
        'The kind of the classifier; “undo”; “person”: corrected where it was left unsent; “taught”: filed by a person while they taught.',
      ),
    rule: z.string().nullable().describe('Which of its rules, in words; null where that can’t be told.'),
    revision: z.int().nullable().describe('Of the plan; null for an undo, and where rules that came later may have given it.'),
    why: z.string().nullable(),
    confidence: z.number().nullable().describe('Why and confidence are null once a correction took their place.'),
    origin: origin.nullable().describe('Of an answer of a model: the call that it came with.'),
    claim: z.int().nullable().describe('Of an agent’s answer: the claim of the chunk under which it was reported.'),
    learned: z.string().nullable().describe('Of what was learned from examples: its SHA-256, in hex.'),
  }),
  z.object({ kind: z.literal('marked'), ...told, verdict: z.enum(VERDICTS), category: z.string() }),
  z.object({
    ...{ kind: z.literal('corrected'), ...told, from: z.string(), to: z.string(), note: z.string().nullable() },
    unsure: z.boolean().describe('It had been left unsure there: it was filed.'),
    count: z.int().nullable().describe('How many items its receipt moves; null without one.'),
  }),
  z.object({
    ...{ kind: z.literal('decided'), ...told, row: receiptRow },
    category: z.string().nullable().describe('The category in which it approved this item; null for another decision.'),
    seen: z.boolean().nullable().describe('Whether this item was on the screen; null where nobody kept it.'),
  }),
  z.object({
    ...{ kind: z.literal('acted'), ...told, row: receiptRow },
    answer: z
      .string()
      .nullable()
      .describe('The beginning of the target’s answer; null where none was kept, and for a reader who may not see items.'),
  }),
  z.object({ kind: z.literal('undone'), ...told, link: elsewhere }),
  z.object({
    ...{ kind: z.literal('again'), ...told, link: elsewhere.omit({ chunk: true, seq: true }) },
    there: z
      .enum(['before', 'after'])
      .describe('Whether that batch left the item unsent, and this one reviews it again; or the other way round.'),
  }),
]);
export type StoryLine = z.infer<typeof line>;

export const story = z.object({
  batch: z.object(named),
  chunk: z.object({ number: z.int(), name: z.string() }),
  ordinal: z.int(),
  noun,
  labels: fieldLabels,
  datasetId: id,
  drawn: drawn.describe('How people see the item.'),
  category: z.string().nullable().describe('As it is now; null while it is not classified.'),
  result: receiptRow.shape.result.describe('Of its last receipt; null without one, and while its request is out.'),
  fields: fieldValues.describe('The receipt fields: what names it.'),
  item: fieldValues
    .nullable()
    .describe('All of its fields, long values cut; null for a reader who may not see items, and once the dataset is deleted.'),
  lines: z.array(line),
});
export type Story = z.infer<typeof story>;

/** A NUL is in no text that is stored. */
const text = z
  .string()
  .transform((given) => given.replaceAll('\0', '').trim())
  .pipe(z.string().min(1, 'Say what to look for.').max(200))
  .describe('In a value of the receipt fields, whatever the case of its letters.');

/** Which receipts of a batch are wanted. */
export const receiptsAsked = {
  order: z
    .enum(['newest', 'oldest'])
    .optional()
    .describe('By the time of their commits. Left out: by chunk and number, or the oldest first where a filter is given.'),
  outcome: receiptRow.shape.result.unwrap().optional(),
  kind: receiptRow.shape.kind.optional(),
  chunk: z.coerce
    .number<number>()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional()
    .describe('Of this chunk alone; 0 is the batch itself.'),
  category: shelfName.optional().describe('Of items that were approved in this category.'),
  person: z
    .string()
    .regex(/^(?:user|key):[^"\\\0]{1,100}$/, 'A person is named by user:<id>, a key by key:<name>.')
    .optional()
    .describe('What this person did: user:<id>, or key:<name>.'),
  from: z.iso.datetime({ offset: true }).optional().describe('Committed at this time or later.'),
  to: z.iso.datetime({ offset: true }).optional().describe('Committed before this time.'),
  text: text.optional(),
};
const asked = z.object(receiptsAsked);
export type ReceiptsAsked = z.infer<typeof asked>;

export const receiptsLooked = count.describe('Receipts that were looked at for this page.');

/** An item that was found by a value of its receipts. */
const receiptFound = z.object({
  batch: z.object(named),
  ordinal: z.int(),
  ...receiptListed.pick({ chunk: true, seq: true, kind: true, result: true, committedAt: true, line: true, fields: true }).shape,
});

export const receiptSearch = { text };
const searchedSoFar = z.object({
  batches: count.describe('Batches that this page looked through, as far as it came.'),
  receipts: count.describe('Receipts with values that this page looked at.'),
});

export const receiptsSearched = z.object({
  items: z.array(receiptFound),
  next: z.string().nullable().describe('The cursor of the next page; null when this was the last.'),
  looked: searchedSoFar,
});
export type SearchedReceipts = z.infer<typeof receiptsSearched>;
