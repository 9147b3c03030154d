import { z } from 'zod';
import { ERASED_VALUE_CHARS_MAX, ERASED_VALUE_CHARS_MIN, ERASURE_REASON_CHARS_MAX } from '#lib/core/limits.ts';
import { count, id, instant, named } from './values.ts';

/** @internal for a test of the database's sets */
export const ERASURE_KINDS = ['value', 'batch', 'dataset', 'original'] as const;
/** @internal for a test of the database's sets */
export const ERASURE_STATES = ['looking', 'found', 'erasing', 'done', 'withdrawn'] as const;

/** What is to be erased: exactly one of these. */
export const newErasure = z
  .strictObject({
    value: z
      .string()
      .trim()
      .min(ERASED_VALUE_CHARS_MIN, `Give at least ${ERASED_VALUE_CHARS_MIN} characters: a shorter value stands in too much.`)
      .max(ERASED_VALUE_CHARS_MAX, `Give at most ${ERASED_VALUE_CHARS_MAX} characters.`)
      .refine((text) => !text.includes('\0'), 'No value has a NUL in it.')
      .optional()
      .describe(
        'A mail address, a name: it is looked for wherever a value can stand, letter case aside. It is kept until it is erased, or the look is withdrawn.',
      ),
    batch: id
      .optional()
      .describe('A batch that is over: the values of its receipts, its requests, answers, reasons, tasks and notes.'),
    dataset: id.optional().describe('A dataset whose batches are all over: its items, its unreadable rows and its originals.'),
    original: id.optional().describe('A dataset whose original files go; its items stay.'),
  })
  .refine((given) => Object.values(given).filter((one) => one !== undefined).length === 1, {
    error: 'Give one of value, batch, dataset and original.',
  });
export type NewErasureInput = z.input<typeof newErasure>;

const person = z.object({ id: z.string(), name: z.string() });

const unfinished = z.object({ id, name: z.string(), state: z.string() });

/** Where it was found, or what goes. */
const erasurePlace = z.object({
  place: z.string(),
  says: z.string(),
  found: count.describe('Rows in which the value stands, or that hang on an item in which it does.'),
  chosen: count.describe('How many of these are erased.'),
  erased: count.describe('How many were.'),
  stays: z.string().nullable().describe('Why what is found here is not erased; null where it is.'),
});

export const erasureRow = z.object({
  id,
  kind: z.enum(ERASURE_KINDS),
  about: z.object({ id: z.string(), name: z.string() }).nullable(),
  state: z.enum(ERASURE_STATES),
  askedBy: person,
  askedAt: instant,
  reason: z.string().nullable(),
  confirmedBy: person.nullable(),
  confirmedAt: instant.nullable(),
  endedAt: instant.nullable(),
  erased: count.describe('Rows that were erased until now.'),
});
export type ErasureRow = z.infer<typeof erasureRow>;

/** One erasure in full: before it is confirmed, what it would do. */
export const erasure = erasureRow.extend({
  salt: z.string().describe('Hex.'),
  digest: z
    .string()
    .describe('SHA-256 of the salt and the value, in hex: whoever knows the value can tell that it was this one.'),
  looked: count.describe('Rows that were looked at.'),
  places: z.array(erasurePlace),
  count: count.describe(
    'What is to be typed to confirm it: rows of a value, items of a batch or a dataset, files of an original.',
  ),
  refusedBy: z
    .array(unfinished)
    .describe('Unfinished batches that would send or ask with what is erased: it is refused while there is one.'),
  movedOn: z.object(named).nullable().describe('A batch that went on after it was looked for: it has to be looked for again.'),
  openTasks: count.describe('Open follow-up tasks of a batch: it is refused while there are some.'),
  full: z.boolean().describe('It was found in too many rows: nobody’s value alone. It can’t be confirmed.'),
});
export type ErasureView = z.infer<typeof erasure>;

export const erasureFind = z.object({
  key: z.string(),
  place: z.string(),
  dataset: z.object(named).nullable(),
  batch: id.nullable(),
  ordinal: count.nullable(),
  linked: z.boolean().describe('The value is not in it: it belongs to an item that has it.'),
  chosen: z.boolean(),
  excerpt: z.string().nullable(),
});
export type ErasureFindView = z.infer<typeof erasureFind>;

export const erasureChoice = z.strictObject({
  place: z.string().max(40).optional().describe('All of this place.'),
  finds: z
    .array(z.strictObject({ place: z.string().max(40), key: z.string().max(2_000) }))
    .max(500)
    .optional(),
  chosen: z.boolean(),
});
export type ErasureChoiceInput = z.input<typeof erasureChoice>;

export const erasureConfirmed = z.strictObject({
  count: z.int().min(0).describe('As it was shown.'),
  reason: z
    .string()
    .trim()
    .min(3, 'Say why, in a few words.')
    .max(ERASURE_REASON_CHARS_MAX)
    .describe('Why. It is kept, so the value must not be in it.'),
});
export type ErasureConfirmInput = z.input<typeof erasureConfirmed>;

/** What goes by age, and what would go now. */
export const retention = z.object({
  originalsDays: count.nullable(),
  valuesDays: count.nullable(),
  due: z.array(z.object({ kind: z.enum(['batch', 'dataset', 'original']), id, name: z.string(), endedAt: instant })),
  more: z.boolean().describe('There is more than is listed.'),
});
export type RetentionView = z.infer<typeof retention>;

export const personRemoved = z.strictObject({
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(ERASURE_REASON_CHARS_MAX),
});
