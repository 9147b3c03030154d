/** How a dataset's bytes were understood, as the API tells of it (MODEL of readings: docs/readings.md). */
import { z } from 'zod';
import { guessOf } from '#lib/core/values/guess.ts';
import { layout, layoutSaid } from '#lib/core/values/layout.ts';
import { DATE_ORDERS, dateFormat, FIELD_TYPES, fieldGuess, numberFormat } from '#lib/core/values/meaning.ts';
import { count, id } from './values.ts';

const choice = z.union([z.string(), z.number()]);

export const question = z.object({
  path: z.string().describe('What is asked: “fields.3.date.order”, “layout.header”.'),
  choices: z.array(choice),
  examples: z.array(z.string()).describe('Values or lines that can be read in more than one way.'),
});

export const reading = z.object({
  dataset: id,
  revision: z.int().min(0).describe('0 is how a dataset was read before readings were kept.'),
  digest: z.string(),
  sources: z.array(
    z.object({
      name: z.string(),
      bytes: z.number(),
      digest: z.string().nullable(),
      kept: z.boolean().describe('Whether the original file is there, so that it can be read anew.'),
    }),
  ),
  state: z.enum(['ready', 'asks', 'reading']),
  format: guessOf(z.string()).nullable(),
  layout,
  fields: z.array(fieldGuess),
  questions: z.array(question),
  items: count,
  unreadable: count,
});
export type Reading = z.infer<typeof reading>;

/** What a person says of a field; what is left out stays as it is. */
const fieldSaid = z.object({
  name: z.string(),
  type: z.enum(FIELD_TYPES).optional(),
  date: z
    .object({ order: z.enum(DATE_ORDERS), century: dateFormat.shape.century, zone: dateFormat.shape.zone })
    .partial()
    .optional(),
  number: numberFormat.partial().optional(),
});

/** A change of a reading: bound to the digest of the one that was looked at. */
export const readingChange = z.object({
  digest: z.string(),
  format: z.string().optional(),
  layout: layoutSaid.optional(),
  fields: z.array(fieldSaid).optional(),
});
export type ReadingChange = z.infer<typeof readingChange>;
