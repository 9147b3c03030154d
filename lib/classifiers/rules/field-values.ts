/** The fields of a plan of version 2, as its conditions ask for them: each reads its text by what its values mean, once for an item. */
import { DAY_MS, wallClock } from '#lib/core/values/dates.ts';
import { type FieldMeanings, type Meaning, meaningIn } from '#lib/core/values/meaning.ts';
import { decimalText } from '#lib/core/values/numbers.ts';
import { EMPTY, isBlank, type Read, valueReader } from '#lib/core/values/read-value.ts';

/** What can't be read is null: nothing is known of it. */
export type FieldValues = {
  name: string;
  meaning: Meaning;
  value(text: string): Read;
  /** of a number field: the exact decimal */
  decimal(text: string): string | typeof EMPTY | null;
  /** of a date field: the number of its day since 1 January 1970, on the wall clock of the plan's zone */
  day(text: string): number | typeof EMPTY | null;
  /** the text in one case and in NFC */
  folded(text: string): string;
};

export type TypedFields = { byName: ReadonlyMap<string, FieldValues>; names: readonly string[]; timeZone: string };

/** @param timeZone an IANA name that Intl knows; throws RangeError for another */
export function typedFields(names: readonly string[], meanings: FieldMeanings, timeZone: string): TypedFields {
  const toLocal = wallClock(timeZone);
  const one = (name: string) => fieldValues(name, meaningIn(meanings, name), toLocal);
  return { byName: new Map(names.map((name) => [name, one(name)])), names, timeZone };
}

function fieldValues(name: string, meaning: Meaning, toLocal: (ms: number) => number): FieldValues {
  const value = keepingLast(valueReader(meaning));
  // As the reader of values goes by where nobody said how its numbers are written.
  const format = meaning.number ?? { decimal: '.' as const, group: '' as const };
  return {
    name,
    meaning,
    value,
    decimal: keepingLast((text) => (isBlank(text) ? EMPTY : decimalText(text, format))),
    day: keepingLast((text) => {
      const date = value(text);
      if (date === EMPTY || date === null) return date;
      return typeof date === 'object' ? Math.floor((date.kind === 'instant' ? toLocal(date.ms) : date.ms) / DAY_MS) : null;
    }),
    folded: keepingLast(fold),
  };
}

/** An item's text in a field; '' where it has none. */
export function textIn(fields: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(fields, name) ? (fields[name] ?? '') : '';
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const ASCII = /^[\u0000-\u007f]*$/;

/** The text in one case: what differs only in case or in how its accents are composed is the same. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  // By way of capitals, ß is ss and a letter has no form of its own at the end of a word.
  return text.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC');
}

/** Rules ask for the value of one item after the other, and several for the same: the last one is kept. */
function keepingLast<T>(read: (text: string) => T): (text: string) => T {
  let last: { text: string; value: T } | null = null;
  return (text) => {
    if (last === null || last.text !== text) last = { text, value: read(text) };
    return last.value;
  };
}
