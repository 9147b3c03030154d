/** What an action on a table takes in `with`. */
import { z } from 'zod';
import { SQL_NAME_BYTES_MAX, TEMPLATE_CHARS_MAX } from '#lib/core/limits.ts';
import type { TableName } from '#lib/store/targets/names.ts';

export const VERBS = ['update', 'insert', 'delete'] as const;
export type Verb = (typeof VERBS)[number];

/** A table may have more; no more than these can be parameters of one statement beside a person's patience. */
const COLUMNS_MAX = 200;

const column = z
  .string()
  .min(1, 'A column needs a name.')
  .refine(isName, `A column’s name has at most ${SQL_NAME_BYTES_MAX} bytes and no control characters.`);
const template = z.string().max(TEMPLATE_CHARS_MAX);
const values = <Value extends z.ZodType>(value: Value) =>
  z
    .record(column, value)
    .refine((all) => Object.keys(all).length <= COLUMNS_MAX, `At most ${COLUMNS_MAX} columns.`)
    .default({});
/** Null is NULL; what is no text is written as JSON writes it, which PostgreSQL reads. */
const value = z.union(
  [template, z.number(), z.boolean(), z.null()],
  'A value is a text with fields in it, a number, true, false or null.',
);

export const parameters = z.strictObject({
  table: z.string().refine((text) => tableOf(text) !== null, 'Write the table with its schema: public.tickets.'),
  key: values(template.min(1, 'A value of the key is missing.')),
  set: values(value),
  only: values(value),
  emptyIsNull: z.boolean().default(false),
  cascade: z.boolean().default(false),
});
export type Given = z.output<typeof parameters>;
export type Value = z.infer<typeof value>;

/** `public.tickets`; a part with a dot or quotes in it is written in quotes, as PostgreSQL does. Letters are taken as they are. Null where it is none. */
export function tableOf(text: string): TableName | null {
  const read = /^(?:"((?:[^"]|"")+)"|([^".]+))\.(?:"((?:[^"]|"")+)"|([^".]+))$/u.exec(text);
  if (!read) return null;
  const [, ownSchema, bareSchema, ownName, bareName] = read;
  const table = {
    schema: ownSchema?.replaceAll('""', '"') ?? bareSchema ?? '',
    name: ownName?.replaceAll('""', '"') ?? bareName ?? '',
  };
  return isName(table.schema) && isName(table.name) ? table : null;
}

/** The same as text. */
export function tableText({ schema, name }: TableName): string {
  const part = (text: string): string => (/[".]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${part(schema)}.${part(name)}`;
}

function isName(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text) && new TextEncoder().encode(text).length <= SQL_NAME_BYTES_MAX;
}
