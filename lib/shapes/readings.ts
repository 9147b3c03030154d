/** How a dataset's bytes were understood, as the API tells of it (MODEL of readings: docs/readings.md). */
import { z } from 'zod';
import { certain, guessOf } from '#lib/core/values/guess.ts';
import { layout, layoutSaid } from '#lib/core/values/layout.ts';
import { fieldGuess } from '#lib/core/values/meaning.ts';
import { type ReadingBody, readingBody } from '#lib/core/values/reading-body.ts';
import { fieldSaid } from '#lib/core/values/said.ts';
import { count, fieldValues, id } from './values.ts';

const choice = z.union([z.string(), z.number()]);

const asText = z
  .object({ name: z.string() })
  .transform(({ name }) => ({ ...{ name, label: name, type: certain('text' as const) }, ...NOTHING }));
const NOTHING = { date: null, number: null, unreadable: 0, examples: [] };
const kept = z.object({
  format: readingBody.shape.format.catch(null),
  layout: layout.catch({}),
  fields: z.array(z.union([fieldGuess, asText])).catch([]),
});

/** A reading as whatever version stored it. A field that this version does not understand is text. */
export function storedReading(body: Uint8Array): ReadingBody {
  return kept.parse(JSON.parse(Buffer.from(body).toString('utf8')));
}

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

/** A change of a reading: bound to the digest of the one that was looked at. */
export const readingChange = z.strictObject({
  digest: z.string(),
  format: z.string().optional(),
  layout: layoutSaid.strict().optional(),
  fields: z.array(fieldSaid).optional(),
});
export type ReadingChange = z.infer<typeof readingChange>;

const side = z.object({
  items: count,
  unreadable: count,
  layout,
  fields: z.array(fieldGuess),
  rows: z.array(z.object({ line: z.int(), fields: fieldValues })).describe('The first 20.'),
});

/** What a change of a reading would change, tried on the beginning of the file. */
export const readingPreview = z.object({
  rows: z.boolean().describe('Whether it changes rows, so that it makes a new dataset.'),
  whole: z.boolean().describe('Whether the whole file was looked at; else it was its beginning, and every count is of that.'),
  before: side,
  after: side,
  fields: z
    .array(
      z.object({
        name: z.string(),
        values: count.describe('Values of the field that are not empty, in rows that both readings have.'),
        changed: count.describe(
          'Of these, those that mean something else, or could be read and can’t be any more, or the other way.',
        ),
        examples: z.array(z.object({ value: z.string(), before: z.string().nullable(), after: z.string().nullable() })),
      }),
    )
    .describe('The fields that both readings have.'),
  questions: z.array(question).describe('What would still be asked.'),
});
export type ReadingPreview = z.infer<typeof readingPreview>;

export const sourceLines = z.object({
  kept: z.boolean().describe('Whether the file is there; without it no line can be shown.'),
  lines: z.array(z.object({ line: z.int(), text: z.string().describe('Without its end; a long line is cut, and ends in ….') })),
});
export type SourceLines = z.infer<typeof sourceLines>;
