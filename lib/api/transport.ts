/**
 * What only the transport knows: how a path, a query, a write and a page of a list look. What travels in them is in lib/shapes. The browser reads this
 * file too: nothing of the server may be imported here.
 */
import { z } from 'zod';
import { IDEMPOTENCY_KEY_CHARS_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '#lib/core/limits.ts';

export const chunkNumber = z.coerce
  .number<number>()
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .describe('The number of the chunk in its batch, from 1.');
export const itemOrdinal = z.coerce
  .number<number>()
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .describe('The number of the item in its dataset, from 1.');
export const paging = {
  limit: z.coerce
    .number<number>()
    .int()
    .min(1)
    .max(PAGE_ITEMS_MAX)
    .optional()
    .describe(`How many items at most; ${PAGE_ITEMS_DEFAULT} by default.`),
  cursor: z.string().max(500).optional().describe('The `next` of the previous page.'),
};

const headers = z
  .object({
    'idempotency-key': z
      .string()
      .max(IDEMPOTENCY_KEY_CHARS_MAX)
      .optional()
      .describe(
        'Visible ASCII, at most 255 characters. A repeat with the same key and content is carried out once, and gets the same answer for 24 hours.',
      ),
  })
  .optional();

/** The parts of a write. Unknown keys are refused in each. */
export function write<Params extends z.ZodRawShape, Body extends z.ZodType, Query extends z.ZodRawShape = Record<never, never>>(
  params: Params,
  body: Body,
  query?: Query,
) {
  return z.object({ params: z.strictObject(params), query: z.strictObject((query ?? {}) as Query).optional(), headers, body });
}

/** As `write`, for a path without parameters. */
export function create<Body extends z.ZodType>(body: Body) {
  return z.object({ query: z.strictObject({}).optional(), headers, body });
}

/** A write without a body; an empty object is let pass. */
export const nothing = z.strictObject({}).optional();

export function page<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().describe('The cursor of the next page; null when this was the last.'),
  });
}
