/**
 * Reads a field's text as what the field means: the one place where a text becomes a value, for rules, chunks, templates and counts (docs/values.md).
 * A text that can't be read has no value; it is never read as something near it.
 */
import { type DateValue, dateReader } from './dates.ts';
import type { DateFormat, Meaning, NumberFormat } from './meaning.ts';
import { decimalText } from './numbers.ts';
import { readYesNo } from './yes-no.ts';

/** What a text means. Texts and identifiers are the text as it stands, unchanged. */
type Value = string | number | boolean | DateValue;

/** A text without a character that can be seen: there is no value, and nothing that could not be read. */
export const EMPTY = Symbol('empty');

/** A value; EMPTY for a blank text of whatever type; null for a text that can't be read as its field's type. */
export type Read = Value | typeof EMPTY | null;

/** A reader for the values of a field of this meaning. Make it once a field: it keeps what it has worked out of time zones. */
export function valueReader(meaning: Meaning): (text: string) => Read {
  const read = typedReader(meaning);
  return (text) => (isBlank(text) ? EMPTY : read(text));
}

/** Whether a text is empty, or of white space only. */
export function isBlank(text: string): boolean {
  const first = text.charCodeAt(0);
  // Nearly always: a character that can be seen, and no look at the rest.
  return !(first > 32 && first < 127) && text.trim() === '';
}

function typedReader({ type, date, number }: Meaning): (text: string) => Value | null {
  if (type === 'number') return numberReader(number ?? PLAIN);
  if (type === 'date') return dateReader(date ?? ISO);
  if (type === 'yes_no') return readYesNo;
  return (text) => text;
}

/** What a meaning without its format goes by: nothing that could be read in two ways. */
const PLAIN: NumberFormat = { decimal: '.', group: '' };
const ISO: DateFormat = { order: 'ymd', century: 1970, zone: 'local' };

function numberReader(format: NumberFormat): (text: string) => number | null {
  return (text) => {
    const decimal = decimalText(text, format);
    return decimal === null ? null : Number(decimal);
  };
}
