/** What an answer must hold to count as "it happened": a status, a text, values at places in its JSON. Declared by the plan, frozen with the request. */
import { z } from 'zod';
import { itemRefusal, templateProblems } from '#lib/connectors/parameters.ts';
import type { ActionItem } from '#lib/connectors/port.ts';
import type { Problem } from '#lib/core/errors.ts';
import { ANSWER_PLACES_MAX, TEMPLATE_CHARS_MAX } from '#lib/core/limits.ts';
import { templateFields } from '#lib/core/values/template.ts';
import { type Room, render } from './room.ts';

const scalar = z.union(
  [
    z.string().max(TEMPLATE_CHARS_MAX),
    z
      .number()
      .refine(
        (number) => !Number.isInteger(number) || Number.isSafeInteger(number),
        'A whole number beyond 2^53 loses digits, so it can’t be compared.',
      ),
    z.boolean(),
    z.null(),
  ],
  'A place in the answer is compared with a text, a number, true, false or null.',
);

/** A place in a JSON document (RFC 6901): "" is the whole, "/a/0/b~1c" a value inside. */
const POINTER = /^(\/([^~/]|~[01])*)*$/;
const POINTER_WORDS =
  'a JSON pointer begins with a slash (/ok, /data/0/id), and writes a slash inside a name as ~1 and a tilde as ~0.';

/** Places and what must be there; all must hold. Texts are templates. */
export const places = z.record(z.string(), scalar).superRefine((all, context) => {
  const pointers = Object.keys(all);
  const refuse = (message: string, path: string[] = []) => context.addIssue({ code: 'custom', path, message });
  if (pointers.length === 0) refuse('Name at least one place, such as {"/ok": true}, or leave json out.');
  if (pointers.length > ANSWER_PLACES_MAX) refuse(`At most ${ANSWER_PLACES_MAX} places are compared.`);
  for (const pointer of pointers)
    if (!POINTER.test(pointer)) refuse(`“${pointer}” is not a JSON pointer: ${POINTER_WORDS}`, [pointer]);
});
export type Places = z.infer<typeof places>;

const SUCCESS_ONLY = 'Only a status from 200 to 299 can be a success. What the others mean does not change.';
const statuses = z
  .array(z.int().min(200, SUCCESS_ONLY).max(299, SUCCESS_ONLY))
  .min(1, 'Name at least one status, or leave status out: then every 2xx will do.')
  .max(20);

const text = z
  .string()
  .min(1, 'Every answer contains an empty text. Leave it out.')
  .max(TEMPLATE_CHARS_MAX, `A template has at most ${TEMPLATE_CHARS_MAX} characters.`);

/** `otherwise`: what every other 2xx means. Other statuses mean what they always mean. */
const members = z.strictObject({
  status: statuses.nullable().default(null),
  contains: text.nullable().default(null),
  json: places.nullable().default(null),
  otherwise: z.enum(['uncertain', 'failed'], 'Every other answer is “uncertain” or “failed”.').default('uncertain'),
});

export const success = members.refine(
  ({ status, contains, json }) => status !== null || contains !== null || json !== null,
  'This names nothing in the answer. Name a status, a text (contains) or a place in its JSON (json).',
);
export type Success = z.infer<typeof success>;

/** As it is frozen with a request: filled in, and checked when it was. */
export const frozenSuccess = members.strip().extend({
  status: z.array(z.int()).nullable(),
  contains: z.string().nullable(),
  json: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).nullable(),
  otherwise: z.enum(['uncertain', 'failed']),
});

/** What an answer is held against; `json` null where it need hold nothing. */
export type Expected = { contains: string | null; json: Places | null };

/** Every template in it that names no field of `names`. */
export function expectedProblems({ contains, json }: Expected, names: readonly string[] | null, at: string): Problem[] {
  const problems = contains === null ? [] : templateProblems(contains, names, `${at}.contains`);
  for (const [pointer, value] of Object.entries(json ?? {}))
    if (typeof value === 'string') problems.push(...templateProblems(value, names, `${at}.json.${pointer}`));
  return problems;
}

/** The fields that its templates name. */
export function expectedNames({ contains, json }: Expected): string[] {
  const texts = [contains ?? '', ...Object.values(json ?? {}).filter((value) => typeof value === 'string')];
  return texts.flatMap((one) => templateFields(one));
}

/** Filled in with an item's values. Throws `invalid` naming the item where the text would be empty, which every answer holds. */
export function fillExpected(
  expected: Expected,
  { ordinal, fields }: ActionItem,
  { whose, room }: { whose: string; room: Room },
): Expected {
  const contains = expected.contains === null ? null : render(expected.contains, fields, room);
  if (contains === '')
    throw itemRefusal(ordinal, `the text that ${whose} looks for is empty, and every answer contains that.`, {
      fields: templateFields(expected.contains ?? ''),
    });
  const json =
    expected.json &&
    Object.fromEntries(
      Object.entries(expected.json).map(([pointer, value]) => [
        pointer,
        typeof value === 'string' ? render(value, fields, room) : value,
      ]),
    );
  return { contains, json };
}

/** Whether a whole body holds all of it; `not_json` where places are asked for and it is no JSON. */
export function holds({ contains, json }: Expected, body: Buffer): boolean | 'not_json' {
  const said = new TextDecoder().decode(body);
  if (contains !== null && !said.includes(contains)) return false;
  if (json === null) return true;
  let document: unknown;
  try {
    document = JSON.parse(said);
  } catch {
    return 'not_json';
  }
  return Object.entries(json).every(([pointer, value]) => {
    const found = at(document, pointer);
    return found !== undefined && found === value;
  });
}

/** The value at a pointer; undefined where there is none. */
function at(document: unknown, pointer: string): unknown {
  let value = document;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null) return undefined;
    // Leading zeros and "length" are no places of a list (RFC 6901, 4).
    if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(name)) return undefined;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** "200 or 201, with “done” in it and /ok true; any other 2xx is uncertain" */
export function successWords({ status, contains, json, otherwise }: Success): string {
  const holding = [
    ...(contains === null ? [] : [`“${contains}” in it`]),
    ...Object.entries(json ?? {}).map(
      ([pointer, value]) => `${pointer === '' ? 'the whole of it' : pointer} ${JSON.stringify(value)}`,
    ),
  ];
  const told = holding.length === 0 ? '' : `, with ${holding.join(' and ')}`;
  return `${status === null ? 'any 2xx' : status.join(' or ')}${told}; any other 2xx is ${otherwise}`;
}
