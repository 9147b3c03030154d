/** What people say of a reading: it stays when the file is read anew, and goes before every guess. */
import { z } from 'zod';
import { isTimeZone } from './dates.ts';
import { type Guess, saidByPerson } from './guess.ts';
import type { Layout, LayoutSaid } from './layout.ts';
import { DATE_ORDERS, dateFormat, FIELD_TYPES, type FieldGuess, numberFormat } from './meaning.ts';
import type { ReadingBody } from './reading-body.ts';

const saidZone = dateFormat.shape.zone.refine(
  (name) => name === 'local' || isTimeZone(name),
  'This is not a time zone of the IANA database. Write one such as Europe/Rome, or “local”.',
);

/** What a person says of a field; what is left out stays as it is. */
export const fieldSaid = z.strictObject({
  name: z.string(),
  type: z.enum(FIELD_TYPES).optional(),
  date: z
    .strictObject({ order: z.enum(DATE_ORDERS), century: dateFormat.shape.century, zone: saidZone })
    .partial()
    .optional(),
  number: numberFormat.partial().optional(),
});
type FieldSaid = z.infer<typeof fieldSaid>;

/** `format`: the name of one. */
export type Said = { format?: string | undefined; layout: LayoutSaid; fields: FieldSaid[] };

/** What people said of a reading so far. How short and long rows are taken is kept too: a reading does not tell who said it. */
export function saidIn({ format, layout, fields }: ReadingBody): Said {
  const said = Object.fromEntries(
    Object.entries(layout).flatMap(([name, guess]) => (isGuess(guess) && guess.by === 'person' ? [[name, guess.value]] : [])),
  );
  return {
    ...(format?.by === 'person' ? { format: format.value } : {}),
    layout: { ...said, ...rowsOf(layout) },
    fields: fields.map(saidOfField).filter(({ name: _, ...rest }) => Object.keys(rest).length > 0),
  };
}

/**
 * What was held to be true of a file's layout, for another file that is to be read alike. The names of the columns stand in its first line, if anywhere, and its table
 * ends with it.
 */
export function layoutAlike(layout: Layout): LayoutSaid {
  const values = Object.entries(layout).flatMap(([name, guess]) => (isGuess(guess) ? [[name, guess.value]] : []));
  const { header, last } = layout;
  return {
    ...Object.fromEntries(values),
    ...(header ? { header: Math.min(header.value, 1) } : {}),
    ...(last ? { last: 0 } : {}),
    ...rowsOf(layout),
  };
}

/** What was said before, and what is said now, which goes before it. */
export function saidToo(before: Said, now: { [Key in keyof Said]?: Said[Key] | undefined }): Said {
  const names = [...new Set([...before.fields, ...(now.fields ?? [])].map(({ name }) => name))];
  const format = now.format ?? before.format;
  return {
    ...(format === undefined ? {} : { format }),
    layout: { ...before.layout, ...now.layout },
    fields: names.map((name) => {
      const [old, said] = [before.fields, now.fields ?? []].map((all) => all.find((one) => one.name === name));
      return { ...old, ...said, ...together(old, said, 'date'), ...together(old, said, 'number'), name };
    }),
  };
}

/** The reading with what people said in it. A field that it does not have is left out. */
export function answered(body: ReadingBody, said: Said): ReadingBody {
  const format = said.format === undefined ? body.format : saidByPerson(said.format, body.format ?? undefined);
  const layout = Object.entries(said.layout).map(([name, value]): [string, unknown] => {
    const guess = body.layout[name as keyof Layout];
    return [name, name === 'short' || name === 'long' ? value : saidByPerson(value, isGuess(guess) ? guess : undefined)];
  });
  return {
    format,
    // A format that does not know of something does not tell of it.
    layout: { ...body.layout, ...Object.fromEntries(layout.filter(([name]) => name in body.layout)) },
    fields: body.fields.map((field) => {
      const one = said.fields.find(({ name }) => name === field.name);
      return one ? fieldAnswered(field, one) : field;
    }),
  };
}

function fieldAnswered(field: FieldGuess, { type, date, number }: FieldSaid): FieldGuess {
  const is = type === undefined ? field.type : saidByPerson(type, field.type);
  const dated = field.date ?? (is.value === 'date' || date ? UNKNOWN_DATE : null);
  const numbered = field.number ?? (is.value === 'number' || number ? UNKNOWN_NUMBER : null);
  return {
    ...field,
    type: is,
    date: dated && {
      order: orSaid(dated.order, date?.order),
      century: orSaid(dated.century, date?.century),
      zone: orSaid(dated.zone, date?.zone),
    },
    number: numbered && { decimal: orSaid(numbered.decimal, number?.decimal), group: orSaid(numbered.group, number?.group) },
  };
}

function orSaid<Value>(guess: Guess<Value>, said: Value | undefined): Guess<Value> {
  return said === undefined ? guess : saidByPerson(said, guess);
}

const nobodyKnows = <Value>(value: Value, ...others: Value[]): Guess<Value> => ({
  ...{ value, sure: 1 / (others.length + 1), by: 'guess', for: [], against: [] },
  others: others.map((other) => ({ value: other, sure: 1 / (others.length + 1) })),
});

/** Of a field in which nothing was seen that speaks for anything: it is asked. */
const UNKNOWN_DATE: NonNullable<FieldGuess['date']> = {
  order: nobodyKnows('dmy', 'mdy', 'ymd'),
  century: nobodyKnows(1970),
  zone: nobodyKnows('local'),
};
const UNKNOWN_NUMBER: NonNullable<FieldGuess['number']> = { decimal: nobodyKnows('.', ','), group: nobodyKnows('') };

function saidOfField({ name, type, date, number }: FieldGuess): FieldSaid {
  const [ofDate, ofNumber] = [saidAmong(date), saidAmong(number)];
  return {
    name,
    ...(type.by === 'person' ? { type: type.value } : {}),
    ...(ofDate ? { date: ofDate } : {}),
    ...(ofNumber ? { number: ofNumber } : {}),
  };
}

function saidAmong<Guesses extends Record<string, Guess<unknown>>>(
  guesses: Guesses | null,
): { [Key in keyof Guesses]?: Guesses[Key]['value'] } | null {
  const said = Object.entries(guesses ?? {}).filter(([, guess]) => guess.by === 'person');
  if (said.length === 0) return null;
  return Object.fromEntries(said.map(([name, { value }]) => [name, value])) as { [Key in keyof Guesses]?: Guesses[Key]['value'] };
}

function together<Key extends 'date' | 'number'>(
  old: FieldSaid | undefined,
  now: FieldSaid | undefined,
  key: Key,
): Partial<Pick<FieldSaid, Key>> {
  const both = { ...old?.[key], ...now?.[key] };
  return Object.keys(both).length === 0 ? {} : ({ [key]: both } as Partial<Pick<FieldSaid, Key>>);
}

function rowsOf({ short, long }: Layout): LayoutSaid {
  return { ...(short ? { short } : {}), ...(long ? { long } : {}) };
}

function isGuess(value: unknown): value is Guess<string | number> {
  return typeof value === 'object' && value !== null && 'sure' in value;
}
