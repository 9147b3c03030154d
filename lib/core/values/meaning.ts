/**
 * What the values of a field mean: the one definition of it, for profiles, rules, chunks, sorting, templates, counts and downloads. A value is always kept
 * as its text; a meaning says how the text is read, and what can't be read so has no value.
 */
import { z } from 'zod';
import { guessOf } from './guess.ts';

/** An identifier is compared as text and never counted with: a code, an account number, anything with leading zeros or beyond 2^53. */
export const FIELD_TYPES = ['text', 'identifier', 'number', 'date', 'yes_no'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** Which number comes first in 03/04/2026. Dates whose month is a word, and ISO 8601, are read in every order. */
export const DATE_ORDERS = ['ymd', 'dmy', 'mdy'] as const;

export const dateFormat = z.object({
  order: z.enum(DATE_ORDERS),
  century: z
    .int()
    .min(1000)
    .max(9900)
    .describe('The first of the hundred years that two digits mean: with 1970, 69 is 2069 and 70 is 1970.'),
  zone: z
    .string()
    .describe('An IANA time zone, of values that name none themselves; “local”: they are on the wall clock of whoever plans.'),
});
export type DateFormat = z.infer<typeof dateFormat>;

export const numberFormat = z.object({
  decimal: z.enum(['.', ',']),
  group: z
    .enum(['', '.', ',', ' ', "'"])
    .describe('What stands between thousands; empty for nothing. A space is every kind of space.'),
});
export type NumberFormat = z.infer<typeof numberFormat>;

/** `date` and `number` are there for a field of that type, and null for every other. */
export type Meaning = { type: FieldType; date: DateFormat | null; number: NumberFormat | null };

export const TEXT: Meaning = { type: 'text', date: null, number: null };

/** A field's meaning as it was guessed, or as a person said. */
export const fieldGuess = z.object({
  name: z.string(),
  label: z.string().describe('What people call it: its name, unless the format has a better one.'),
  type: guessOf(z.enum(FIELD_TYPES)),
  date: z
    .object({
      order: guessOf(dateFormat.shape.order),
      century: guessOf(dateFormat.shape.century),
      zone: guessOf(dateFormat.shape.zone),
    })
    .nullable()
    .describe('How its dates are read; null where nothing in it could be a date.'),
  number: z
    .object({ decimal: guessOf(numberFormat.shape.decimal), group: guessOf(numberFormat.shape.group) })
    .nullable()
    .describe('How its numbers are read; null where nothing in it could be a number.'),
  unreadable: z.int().min(0).describe('Values that are not empty and can’t be read as the type.'),
  examples: z
    .array(z.object({ line: z.int().min(1), value: z.string() }))
    .describe('The first values that can’t be read, at most 5.'),
});
export type FieldGuess = z.infer<typeof fieldGuess>;

/** What is held to be true of a field. */
export function meaningOf({ type, date, number }: Pick<FieldGuess, 'type' | 'date' | 'number'>): Meaning {
  const value = type.value;
  return {
    type: value,
    date: value === 'date' && date ? { order: date.order.value, century: date.century.value, zone: date.zone.value } : null,
    number: value === 'number' && number ? { decimal: number.decimal.value, group: number.group.value } : null,
  };
}

export type FieldMeanings = Readonly<Record<string, Meaning>>;

/** The meanings of a dataset's fields, by name. */
export function meaningsOf(fields: readonly FieldGuess[]): FieldMeanings {
  return Object.fromEntries(fields.map((field) => [field.name, meaningOf(field)]));
}

/** What a field means; text where nothing is said of it. */
export function meaningIn(meanings: FieldMeanings, name: string): Meaning {
  return Object.hasOwn(meanings, name) ? (meanings[name] ?? TEXT) : TEXT;
}
