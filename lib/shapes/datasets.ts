import { z } from 'zod';
import { DATASET_STATES } from '#lib/core/lifecycle.ts';
import { ROW_FILTERS_MAX } from '#lib/core/limits.ts';
import { isRecord, readStored, type Stored } from '#lib/core/values/stored.ts';
import { VALUE_TYPES } from '#lib/core/values/value-types.ts';
import { count, fieldValues, instant, named, noun } from './values.ts';

const SEARCH_CHARS_MAX = 200;

/** How people see the items of a dataset: as mails, as trees of JSON, or as forms; the fields that are read first, and the one that is a text of its own. */
export const drawn = z.object({ as: z.enum(['mail', 'tree', 'form']), first: z.array(z.string()), text: z.string().nullable() });
export type Drawn = z.infer<typeof drawn>;

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

const { name, type, filled, top, exact } = fieldProfile.shape;
const kept = fieldProfile.extend({
  name: name.catch('unreadable'),
  type: type.default('text').catch('text'),
  filled: filled.default(0).catch(0),
  top: top.default([]).catch([]),
  exact: exact.default(false).catch(false),
  min: z.string().optional().catch(undefined),
  max: z.string().optional().catch(undefined),
  iso: z.string().optional().catch(undefined),
  odd: z.string().optional().catch(undefined),
});
const unread = kept.parse({ name: null });
const profile = z.array(kept.catch(unread)).catch([]);

/** A dataset's fields as whatever version profiled them; and what of that this version does not know or understand. */
export function storedFields(stored: unknown): Stored<FieldProfile[]> {
  return readStored(profile, stored);
}

const dialect = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const detected = dialect.nullable().catch(null);

/** What was detected of a dataset, as whatever version stored it; null where nothing is stored, or nothing that can be understood. */
export function storedDialect(stored: unknown): z.infer<typeof detected> {
  return detected.parse(stored);
}
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
  notes: z
    .array(z.string())
    .describe('What this version does not know or understand of how its fields are stored, a sentence each.'),
  labels: fieldLabels,
  drawn: drawn.describe('How people see its items.'),
  reason: z.string().nullable().describe('Why it failed, in words.'),
  createdAt: instant,
  readyAt: instant.nullable(),
  supersedes: z
    .uuid()
    .nullable()
    .describe('The dataset of the same file that this one replaces: its rows were read otherwise, or fixed rows were brought.'),
  supersededBy: z.array(z.uuid()).describe('The datasets that replace this one.'),
  deletedAt: instant.nullable(),
  deletedBy: z.string().nullable(),
});

/** As the answer to its upload tells of it. */
export const uploadedDataset = dataset.extend({
  same: z
    .object({ ...named, createdAt: instant })
    .nullable()
    .describe('The latest other dataset of the very same file, which may be what is wanted.'),
});

/** As pages are given it. */
const datasetView = dataset.omit({ items: true, unreadable: true }).extend({
  /** what was detected: character set, delimiter and the like */
  dialect: dialect.nullable(),
  itemCount: count,
  unreadableCount: count,
  createdBy: z.string(),
});
export type DatasetView = z.infer<typeof datasetView>;

/** A dataset that was there before another one of the very same file; `by` is null where whoever looks uploaded it. */
export type SameFile = { id: string; name: string; createdAt: string; by: string | null };

export const item = z.object({ ordinal: z.int(), fields: fieldValues });
export type DatasetItem = z.infer<typeof item>;

/** An item with the bytes that it was read from. */
export const itemOriginal = item.extend({
  raw: z
    .string()
    .describe('Its bytes as they stand in the file, as text in the file’s character set; what is none is shown as U+FFFD.'),
  rawBytes: count.describe('How many bytes there are; a long row’s `raw` has the first of them.'),
  charset: z.string().describe('The character set that `raw` was decoded with.'),
});
export type ItemOriginal = z.infer<typeof itemOriginal>;

const opened = z.object({
  kind: z.literal('mail'),
  headers: z
    .array(z.object({ name: z.string(), value: z.string() }))
    .describe('As they were sent, decoded; long values are cut and end in …'),
  moreHeaders: count.describe('Headers that are not listed.'),
  html: z
    .string()
    .nullable()
    .describe(
      'Its HTML without styles, scripts, forms, links that lead anywhere and pictures from elsewhere; null where it has none.',
    ),
  remote: count.describe('Pictures that lie elsewhere, and were not loaded.'),
  cut: z.boolean().describe('Only the beginning of the HTML is given.'),
  attachments: z.array(z.object({ name: z.string(), type: z.string(), bytes: count })),
  moreAttachments: count.describe('Attachments that are not listed.'),
  whole: z.boolean().describe('Whether the mail was looked through to its end.'),
});
export type OpenedMail = z.infer<typeof opened>;

/** An item taken apart, as its format has it. */
export const itemOpened = z.discriminatedUnion('kind', [
  opened,
  z.object({ kind: z.literal('tree'), json: z.string().nullable().describe('Its JSON; null where it is too long to be drawn.') }),
  z.object({ kind: z.literal('form') }).describe('It has nothing but its fields.'),
]);

/** Which items are asked for, and in which order; nothing said: all of them, in the order of the file. */
export const itemsAsked = {
  search: z.string().max(SEARCH_CHARS_MAX).optional().describe('Text that any field holds, letter case aside.'),
  is: z
    .array(z.strictObject({ field: z.string(), value: z.string() }))
    .max(ROW_FILTERS_MAX)
    .optional()
    .describe('Fields that have exactly these values, each.'),
  sort: z
    .string()
    .optional()
    .describe('The field to sort by, as its values are meant; what can’t be read and what is empty come last.'),
  order: z.enum(['asc', 'desc']).optional().describe('Of `sort`; ascending by default.'),
};

/** How far a page of a search came. */
export const itemsFound = {
  looked: count.describe(
    'So many items were looked through up to here: a page of a search may be short, even empty, and `next` goes on.',
  ),
  found: count.nullable().describe('How many items there are of what is asked for; null where that is not known yet.'),
};

/** An item's fields as they were stored: texts. What is none is given as its JSON. */
export function storedItem(stored: unknown): DatasetItem['fields'] {
  if (!isRecord(stored)) return {};
  // Nearly always: looked at, and given through as it is.
  if (Object.values(stored).every((one) => typeof one === 'string')) return stored as DatasetItem['fields'];
  const texts = Object.entries(stored).map(([name, one]) => [name, typeof one === 'string' ? one : JSON.stringify(one)]);
  return Object.fromEntries(texts);
}

/** An item that was classified: why it is where it is. */
export const classifiedItem = item.extend({ why: z.string(), confidence: z.number() });

/** `excerpt`: the row's first bytes as text; bytes that are none are shown as U+FFFD. */
export const unreadableRow = z.object({ line: z.int(), reason: z.string(), excerpt: z.string() });
export type UnreadableRow = z.infer<typeof unreadableRow>;
