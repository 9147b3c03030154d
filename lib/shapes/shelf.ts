import { z } from 'zod';
import { count, fieldValues, id, instant, named, noun } from './values.ts';

const SHELF_NAME_CHARS_MAX = 200;
const SEARCH_CHARS_MAX = 200;

/** A category or a shelf: any name that a plan can have. A NUL is in no text that is stored. */
export const shelfName = z
  .string()
  .min(1)
  .max(SHELF_NAME_CHARS_MAX)
  .refine((name) => !name.includes('\0'), 'A name can’t contain the NUL character.');

/** Which groups are asked for; none named: all. */
export const shelfGroupsOf = z.strictObject({
  batchId: id.optional(),
  category: shelfName.optional(),
  shelf: shelfName.optional(),
});

/** Which items are asked for: all of a group, or those whose fields hold a text. */
export const shelfItemsOf = shelfGroupsOf.required().extend({ search: z.string().max(SEARCH_CHARS_MAX).optional() });

export const shelfGroup = z
  .object({
    batchId: id.describe('The batch that put it there last: undoing that restores it.'),
    batchName: z.string(),
    category: z.string(),
    shelf: z.string(),
    datasetId: id,
    datasetName: z.string(),
    noun,
    count: count.describe('Items that are there.'),
    more: z.boolean().describe('There are more than were counted.'),
    since: instant.describe('Since when the first of the counted items has been there.'),
    undoing: z.array(z.object(named)).describe('Undos of it that are not finished.'),
  })
  .describe('The items that a category of a batch put on a shelf and that are still there.');
export type ShelfGroup = z.infer<typeof shelfGroup>;

/** Fields in the order of the file's columns; long values are cut and end in … */
export const shelfItem = z.object({
  ordinal: z.int(),
  fields: fieldValues,
  since: instant,
  receipt: z
    .object({ chunk: z.int(), seq: z.int() })
    .nullable()
    .describe('Which receipt of the batch says that it was put there.'),
});
export type ShelfItem = z.infer<typeof shelfItem>;

const takenBack = z.object({
  batchName: z.string(),
  /** the oldest first; `count` is bounded by SHELF_COUNTED_MAX for all of them together */
  by: z.array(z.object({ ...named, count })),
});
export type TakenBack = z.infer<typeof takenBack>;
