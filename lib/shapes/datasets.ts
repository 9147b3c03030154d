import { z } from 'zod';
import { DATASET_STATES } from '#lib/core/lifecycle.ts';
import { VALUE_TYPES } from '#lib/core/values/value-types.ts';
import { count, fieldValues, instant, named, noun } from './values.ts';

/** What a field looks like, gathered while its file streams by. An array of these is stored with the dataset. */
const fieldProfile = z.object({
  name: z.string(),
  type: z.enum(VALUE_TYPES).describe('The type of at least nine of ten filled values.'),
  filled: count.describe('How many items have a value in it.'),
  top: z.array(z.object({ value: z.string(), count })),
  exact: z.boolean().describe('Whether the counts in `top` are exact.'),
  min: z.string().optional(),
  max: z.string().optional(),
  iso: z
    .string()
    .optional()
    .describe(
      'Of a date field whose values are all ISO 8601 of one form: the form, as in YYYY-MM-DDThh:mm:ssZ. Such text is in the order of time.',
    ),
  odd: z.string().optional().describe('Of any other date or number field: its first value that is not.'),
});
export type FieldProfile = z.infer<typeof fieldProfile>;

export const fieldLabels = z
  .record(z.string(), z.string())
  .describe('What people call the fields, by their names. A field that the file names itself is not among them.');
export type FieldLabels = z.infer<typeof fieldLabels>;

/** As the API tells of it. */
export const dataset = z.object({
  ...named,
  state: z.enum(DATASET_STATES),
  format: z.string().nullable().describe('The name of its format; null until it is known.'),
  noun,
  bytes: z.number(),
  digest: z.string().nullable().describe('SHA-256 of the file; null until it is ready.'),
  items: count,
  unreadable: count,
  fields: z.array(fieldProfile).describe("In the file's order."),
  labels: fieldLabels,
  reason: z.string().nullable().describe('Why it failed, in words.'),
  createdAt: instant,
  readyAt: instant.nullable(),
});

/** As pages are given it. */
const datasetView = dataset.omit({ items: true, unreadable: true }).extend({
  /** what was detected: character set, delimiter and the like */
  dialect: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
  itemCount: count,
  unreadableCount: count,
  createdBy: z.string(),
});
export type DatasetView = z.infer<typeof datasetView>;

export const item = z.object({ ordinal: z.int(), fields: fieldValues });
export type DatasetItem = z.infer<typeof item>;

/** An item that was classified: why it is where it is. */
export const classifiedItem = item.extend({ why: z.string(), confidence: z.number() });

/** `excerpt`: the row's first bytes as text; bytes that are none are shown as U+FFFD. */
export const unreadableRow = z.object({ line: z.int(), reason: z.string(), excerpt: z.string() });
export type UnreadableRow = z.infer<typeof unreadableRow>;
