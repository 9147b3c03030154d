/**
 * In which ways a text can be read, before anybody knows what its field means: as a number of which formats, as a date of which orders, as yes or no. Each
 * answer is what the reader of that meaning (read-value.ts) would say, so that values are counted while a file streams by and none is read again.
 */
import { type DateWays, dateWaysOf } from './dates.ts';
import { numberFormatsOf } from './numbers.ts';
import { readYesNo } from './yes-no.ts';

export type Ways = {
  /** the bit `1 << index` for each of NUMBER_FORMATS in which it is a number */
  formats: number;
  /** of a number: '%', its currency as written, or '' */
  unit: string;
  date: DateWays | null;
  yesNo: boolean | null;
  /** nothing but digits: a whole number, or a code that is none (a leading zero, beyond 2^53) */
  digits: boolean;
  /** what people write where there is nothing: n/a */
  placeholder: boolean;
};

/** @param century the first of the hundred years that two digits mean */
export function waysOf(text: string, century: number): Ways {
  if (text.length > READABLE_CHARS_MAX || !DIGIT.test(text)) return inWords(text);
  const value = text.trim();
  const { formats, unit } = numberFormatsOf(text);
  const digits = DIGITS.test(value);
  const date = formats !== 0 && !MAY_BE_DATED.test(value) ? null : dateWaysOf(text, century);
  return { formats, unit, date, yesNo: value.length === 1 ? readYesNo(text) : null, digits, placeholder: false };
}

const READABLE_CHARS_MAX = 100;
const DIGIT = /\d/;
const DIGITS = /^\d+$/;
/** A number is a date too only where its digits alone are a year, a day or an instant. */
const MAY_BE_DATED = /^(?:\d{4}|\d{8}|\d{9,13}(?:\.\d+)?)$/;

function inWords(text: string): Ways {
  const yesNo = readYesNo(text);
  if (yesNo !== null) return yesNo ? YES : NO;
  return text.length <= 10 && PLACEHOLDERS.has(text.trim().toLowerCase()) ? PLACEHOLDER : IN_NO_WAY;
}

// biome-ignore format: a table
const PLACEHOLDERS = new Set(['n/a', 'na', '#n/a', 'n.a.', 'k.a.', 'nan', 'null', '(null)', 'none', '(none)', 'nil', 'unknown', 'tbd', '?', '-', '--', '–', '—', '.']);

const IN_NO_WAY: Ways = { formats: 0, unit: '', date: null, yesNo: null, digits: false, placeholder: false };
const PLACEHOLDER: Ways = { ...IN_NO_WAY, placeholder: true };
const YES: Ways = { ...IN_NO_WAY, yesNo: true };
const NO: Ways = { ...IN_NO_WAY, yesNo: false };
