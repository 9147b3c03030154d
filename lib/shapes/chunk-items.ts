/** Which items of a chunk are asked for, in which order, and how all of them that match are named at once. */
import { z } from 'zod';
import { FILTER_TEXT_CHARS_MAX, ROW_FILTERS_MAX } from '#lib/core/limits.ts';
import { givenNote } from '#lib/core/values/given-name.ts';
import { FIELD_TYPES } from '#lib/core/values/meaning.ts';
import { count, countsByCategory, nameNumber, sha256 } from './values.ts';

/** The database holds neither NUL nor half of a character: nothing can be found by them. */
const text = z
  .string()
  .max(FILTER_TEXT_CHARS_MAX, `A text to look for has at most ${FILTER_TEXT_CHARS_MAX.toLocaleString('en-US')} characters.`)
  .refine((value) => !value.includes('\0'), 'A text to look for can’t contain the NUL character.')
  .refine((value) => value.isWellFormed(), 'A text to look for can’t contain half of a character.');
const sure = z.coerce.number<number>().min(0).max(1);

/** What is said has to hold, all of it; nothing said: all items of the chunk. */
export const chunkFilter = {
  category: text.optional(),
  search: text.max(200).optional().describe('Text that a field or the reason holds, letter case aside.'),
  is: z
    .array(z.strictObject({ field: text, value: text }))
    .max(ROW_FILTERS_MAX)
    .optional()
    .describe('Fields that have exactly these values, each. An empty value: items without one.'),
  why: text.optional().describe('The reason that the classification gives, exactly: what decided.'),
  confidenceFrom: sure.optional().describe('At least so sure.'),
  confidenceBelow: sure.optional().describe('Less sure than this.'),
  by: z.enum(['classifier', 'person']).optional().describe('Who gave the category: a classifier, or a person who corrected it.'),
  mark: z
    .enum(['right', 'wrong', 'none'])
    .optional()
    .describe('The mark of a person that counts now; `none`: nobody looked at it.'),
  sample: z.enum(['random', 'unsure']).optional().describe('Only what the checkpoint shows as a sample of this kind.'),
  revision: z.coerce
    .number<number>()
    .pipe(nameNumber)
    .optional()
    .describe('Only what was put where it is by the correction that made this revision.'),
};
const filter = z.strictObject(chunkFilter);
export type ChunkFilter = z.output<typeof filter>;

export const chunkOrder = {
  sort: text
    .regex(/^(confidence|why|field\.[\s\S]+)$/, 'Items are sorted by confidence, why, or field. and the name of a field.')
    .optional()
    .describe(
      '`confidence`, `why`, or `field.` and the name of a field, whose values are compared as what they mean; what can’t be read and what is empty come last.',
    ),
  order: z.enum(['asc', 'desc']).optional().describe('Of `sort`; ascending by default.'),
};
export const chunkItemsAsked = z.object({ ...chunkFilter, ...chunkOrder });
export type ChunkItemsAsked = z.output<typeof chunkItemsAsked>;

/** All items that match at one moment. */
export const itemSet = z.object({
  count,
  set: sha256.describe('SHA-256 over their ordinals: which items these are.'),
});
export type ItemSet = z.infer<typeof itemSet>;

/** A move of all that match, as they were counted. */
export const moveOfAll = z.strictObject({
  query: filter,
  count: itemSet.shape.count.min(1, 'No item is to be moved.'),
  set: itemSet.shape.set.describe('As the count gave it: the move is refused as `stale` once other items match.'),
  category: z.string().min(1),
  note: givenNote('A note', 2_000).nullish(),
});

export type MoveOfAll = z.input<typeof moveOfAll>;

/** The columns that a list of items can have. */
export const listColumns = z.object({
  fields: z
    .array(
      z.object({
        name: z.string(),
        type: z.enum(FIELD_TYPES).describe('What its values mean, by the reading.'),
        from: z.enum(['rule', 'receipt']).nullable().describe('Whether rules read it, or receipts name it.'),
      }),
    )
    .describe('What the rules read first, then what receipts name, then the others.'),
  chosen: z
    .array(z.string())
    .nullable()
    .describe('The fields that whoever asks chose to see, in order; null: nothing was chosen.'),
});
export type ListColumns = z.infer<typeof listColumns>;

/** The reasons that the classifications of a chunk give, the most frequent first. */
export const reasons = z.object({
  items: z.array(
    z.object({
      why: z.string(),
      count,
      categories: countsByCategory,
      rule: z.string().nullable().describe('The rule that says so, as people call it; null where that can’t be told.'),
    }),
  ),
  more: z.boolean().describe('Whether there are more than these.'),
});
export type Reasons = z.infer<typeof reasons>;
