/** What an http action takes in `with`: the parts of its request, how it is undone, how the target is asked afterwards. */
import { z } from 'zod';
import { REQUEST_TIMEOUT_MS, REQUEST_TIMEOUT_MS_MAX, TEMPLATE_CHARS_MAX } from '#lib/core/limits.ts';
import { templateFields } from '#lib/core/values/template.ts';
import type { Json } from '#lib/ledger/canonical.ts';
import { expectedNames, places, type Success, success } from './success.ts';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const template = z.string().max(TEMPLATE_CHARS_MAX, `A template has at most ${TEMPLATE_CHARS_MAX} characters.`);

const parts = {
  url: template.min(1, 'A request needs a URL.'),
  headers: z.record(z.string(), template).default({}),
  body: z.json().default(null),
};

export type Parts = { url: string; headers: Record<string, string>; body: Json };

/** What undoes a request: its templates may name the item's fields, and `{{target}}`, the target's own id after the request. */
export const undo = z.strictObject({ do: z.enum(METHODS).exclude(['GET']), ...parts, success: success.optional() });

export type UndoTemplate = z.infer<typeof undo>;

export const TARGET = 'target';

/**
 * How to ask the target afterwards: a GET whose templates may also name `{{idempotencyKey}}`. It happened when the answer has one of these
 * statuses and holds this text, and these values at these places.
 */
export const inspect = z.strictObject({
  url: template.min(1, 'An inspection needs a URL.'),
  happened: z
    .strictObject({
      status: z.array(z.int().min(200).max(599)).min(1, 'Name at least one status.').max(20).default([200]),
      contains: template.min(1, 'Every answer contains an empty text. Leave it out.').optional(),
      json: places.optional(),
    })
    .default({ status: [200] }),
});

export type InspectTemplate = z.infer<typeof inspect>;

export const KEY = 'idempotencyKey';

export const parameters = z.strictObject({
  ...parts,
  undo: undo.optional(),
  inspect: inspect.optional(),
  success: success.optional(),
  timeoutMs: z.int().min(100).max(REQUEST_TIMEOUT_MS_MAX).default(REQUEST_TIMEOUT_MS),
  effect: z.enum(['none', 'undoable', 'permanent']).optional(),
});

/** The fields that a request's templates name. */
export function namedIn({ url, headers, body, success: expected }: Parts & { success?: Success | undefined }): string[] {
  const texts = [url, ...Object.values(headers)];
  eachString(body, '', (text) => texts.push(text));
  return [...new Set([...texts.flatMap((text) => templateFields(text)), ...(expected ? expectedNames(expected) : [])])];
}

/** The fields that an inspection's templates name. */
export function inspectNames({ url, happened }: InspectTemplate): string[] {
  return [...templateFields(url), ...expectedNames(expectedOf(happened))];
}

/** What an answer must hold to say that it happened. */
export const expectedOf = ({ contains, json }: InspectTemplate['happened']) => ({
  contains: contains ?? null,
  json: json ?? null,
});

/** Hands over every text of a JSON value, with its place. */
export function eachString(value: Json, path: string, see: (text: string, path: string) => void): void {
  if (typeof value === 'string') see(value, path);
  else if (value !== null && typeof value === 'object') {
    for (const [key, one] of Object.entries(value)) eachString(one, `${path}.${key}`, see);
  }
}
