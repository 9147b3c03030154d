/** What is found, whatever it is (docs/finding.md). */
import { z } from 'zod';
import { FIND_SHOWN, FIND_SHOWN_MAX } from '#lib/core/limits.ts';
import { count, id, named } from './values.ts';

/** What can be found, in the order in which it is told. */
export const FIND_KINDS = ['batches', 'chunks', 'datasets', 'items', 'receipts', 'people'] as const;
export type FindKind = (typeof FIND_KINDS)[number];

const found = z.object({
  title: z.string().describe('What it is called; a receipt’s line; what names an item.'),
  field: z
    .string()
    .nullable()
    .describe('What holds what was looked for where the title does not: a field of an item, by the name that people know.'),
  value: z.string().nullable().describe('The value of it, cut around what was looked for.'),
  state: z.string().nullable().describe('Of a batch, a chunk or a dataset.'),
  exact: z
    .boolean()
    .describe('It is called so, or has a value that is all of what was looked for. These come first on their page.'),
  batch: z.object(named).nullable().describe('The batch that it is in.'),
  dataset: z.object(named).nullable().describe('The dataset that it is in, where it is in no batch.'),
  id: id.nullable().describe('Of a batch, a dataset or a person.'),
  chunk: z.int().nullable(),
  seq: z.int().nullable().describe('With `chunk`, what names a receipt.'),
  ordinal: z.int().nullable(),
});
export type Found = z.infer<typeof found>;

const foundGroup = z.object({
  kind: z.enum(FIND_KINDS),
  title: z.string(),
  items: z.array(found),
  next: z.string().nullable().describe('The cursor with which this kind is looked through further; null when this was all.'),
  looked: z.object({
    what: z.string().describe('What was looked at, as a plural.'),
    count: count.describe('So many on this page.'),
    of: count.nullable().describe('Of so many in all; null where that is not known.'),
  }),
});
export type FoundGroup = z.infer<typeof foundGroup>;

export const findAsked = {
  q: z
    .string()
    .describe(
      'Words, each of which has to be found, whatever their case, their accents and their width; in quotes, these very characters.',
    ),
  kinds: z
    .string()
    .max(100)
    .optional()
    .describe(`Only these, with commas between: ${FIND_KINDS.join(', ')}. Left out: all that the caller may see.`),
  batch: id.optional().describe('The batch at hand: its chunks and receipts come first, and are found by their numbers.'),
  limit: z.coerce
    .number<number>()
    .int()
    .min(1)
    .max(FIND_SHOWN_MAX)
    .optional()
    .describe(`How many of each kind at most; ${FIND_SHOWN} by default.`),
  cursor: z.string().max(500).optional().describe('The `next` of a group, with its kind as the only one of `kinds`.'),
};

export const foundGroups = z.object({ groups: z.array(foundGroup) });
export type FoundGroups = z.infer<typeof foundGroups>;
