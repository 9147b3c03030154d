/** What a person would have otherwise in how a dataset was read, before it is used. Pure. */
import { certain } from '#lib/core/values/guess.ts';
import type { LayoutSaid } from '#lib/core/values/layout.ts';
import type { FieldGuess } from '#lib/core/values/meaning.ts';
import type { Reading, ReadingChange } from '#lib/shapes/readings.ts';

/** Without the digest of the reading that it changes. */
export type Change = Omit<ReadingChange, 'digest'>;
type FieldSaid = NonNullable<Change['fields']>[number];

export const NO_CHANGE: Change = {};

/** Says something of the layout; what is as it was read is no change. */
export function sayLayout<Key extends keyof LayoutSaid>(
  change: Change,
  reading: Pick<Reading, 'layout'>,
  key: Key,
  value: Exclude<LayoutSaid[Key], undefined>,
): Change {
  const { [key]: _, ...others } = change.layout ?? {};
  const layout: LayoutSaid = value === layoutValue(reading, key) ? others : { ...others, [key]: value };
  return withPart(change, 'layout', Object.keys(layout).length === 0 ? undefined : layout);
}

/** What stands in the layout, or would after the change. */
export function layoutOf<Key extends keyof LayoutSaid>(
  change: Change,
  reading: Pick<Reading, 'layout'>,
  key: Key,
): LayoutSaid[Key] | undefined {
  return change.layout?.[key] ?? layoutValue(reading, key);
}

/** Says something of a field; what is as it was read is no change. */
export function sayField(change: Change, field: FieldGuess, said: Omit<FieldSaid, 'name'>): Change {
  const before = change.fields?.find(({ name }) => name === field.name);
  const merged: FieldSaid = {
    ...before,
    ...said,
    ...(said.date ? { date: { ...before?.date, ...said.date } } : {}),
    ...(said.number ? { number: { ...before?.number, ...said.number } } : {}),
    name: field.name,
  };
  const own = differing(merged, field);
  const others = change.fields?.filter(({ name }) => name !== field.name) ?? [];
  const fields = own === null ? others : [...others, own];
  return withPart(change, 'fields', fields.length === 0 ? undefined : fields);
}

/** The field with what was said of it: what is drawn in its controls. */
export function fieldWith(change: Change, field: FieldGuess): FieldGuess {
  const said = change.fields?.find(({ name }) => name === field.name);
  if (!said) return field;
  const type = { ...field.type, value: said.type ?? field.type.value };
  const read = { date: field.date ?? UNKNOWN.date, number: field.number ?? UNKNOWN.number };
  const date = (field.date ?? (type.value === 'date' || null)) && {
    order: { ...read.date.order, value: said.date?.order ?? read.date.order.value },
    century: { ...read.date.century, value: said.date?.century ?? read.date.century.value },
    zone: { ...read.date.zone, value: said.date?.zone ?? read.date.zone.value },
  };
  const number = (field.number ?? (type.value === 'number' || null)) && {
    decimal: { ...read.number.decimal, value: said.number?.decimal ?? read.number.decimal.value },
    group: { ...read.number.group, value: said.number?.group ?? read.number.group.value },
  };
  return { ...field, type, date, number };
}

/** What the controls of a field begin with in which nothing was seen that could be of its type. */
const UNKNOWN: { date: NonNullable<FieldGuess['date']>; number: NonNullable<FieldGuess['number']> } = {
  date: { order: certain('dmy'), century: certain(1970), zone: certain('local') },
  number: { decimal: certain('.'), group: certain('') },
};

export function isNoChange({ format, layout, fields }: Change): boolean {
  return format === undefined && layout === undefined && fields === undefined;
}

/** Whether it would change which rows there are. @internal for its tests */
export function changesRows({ format, layout }: Change): boolean {
  return format !== undefined || layout !== undefined;
}

function layoutValue<Key extends keyof LayoutSaid>({ layout }: Pick<Reading, 'layout'>, key: Key): LayoutSaid[Key] | undefined {
  const guess: unknown = layout[key];
  const value = typeof guess === 'object' && guess !== null && 'value' in guess ? guess.value : guess;
  return value as LayoutSaid[Key] | undefined;
}

/** What of it is not as the field was read; null where nothing is. */
function differing({ name, type, date, number }: FieldSaid, field: FieldGuess): FieldSaid | null {
  const parts = {
    ...(type !== undefined && type !== field.type.value ? { type } : {}),
    ...other('date', date, field.date),
    ...other('number', number, field.number),
  };
  return Object.keys(parts).length === 0 ? null : { name, ...parts };
}

function other(kind: 'date' | 'number', said: object | undefined, read: object | null): Record<string, object> {
  const guesses = (read ?? {}) as Record<string, { value: unknown }>;
  const parts = Object.entries(said ?? {}).filter(([key, value]) => value !== undefined && guesses[key]?.value !== value);
  return parts.length === 0 ? {} : { [kind]: Object.fromEntries(parts) };
}

function withPart<Key extends keyof Change>(change: Change, key: Key, value: Change[Key] | undefined): Change {
  const { [key]: _, ...others } = change;
  return value === undefined ? (others as Change) : ({ ...others, [key]: value } as Change);
}
