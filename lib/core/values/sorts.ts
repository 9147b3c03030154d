/** The values of a field, sorted by the ways in which they can be read: what a guess of its meaning goes by. */
import { type Guess, LINES_MAX } from './guess.ts';
import { DATE_ORDERS, type DateFormat, type NumberFormat } from './meaning.ts';
import { NUMBER_FORMATS } from './numbers.ts';
import type { Ways } from './ways.ts';

/** Values that can be read in the same ways, and some of them. */
export type Sort = {
  /** as Ways has them */
  formats: number;
  orders: number;
  yesNo: boolean | null;
  digits: boolean;
  /** four digits or more, and no separator */
  long: boolean;
  placeholder: boolean;
  unit: string;
  zoned: boolean;
  /** a year of two digits */
  short: boolean;
  /** between the numbers of a date */
  separator: string;
  /** day and month can be taken for each other, and are not the same */
  either: boolean;
  count: number;
  /** the first of them */
  examples: { line: number; value: string }[];
};

/** What is known of the values of a field. */
export type SeenField = {
  name: string;
  label: string;
  /** of the values that are not blank, every one of which is in a sort */
  sorts: readonly Sort[];
  /** hardly any value comes twice */
  unique: boolean;
  /** the fewest and the most characters of a value */
  lengths: readonly [number, number];
  /** which years of two digits there are, when the year comes first, and when it comes last */
  years: { first: ReadonlySet<number>; last: ReadonlySet<number> };
  /** the words that say yes or no, in lower case */
  words: ReadonlySet<string>;
};

/** The sort of a value, by the ways in which it can be read; none of it is counted yet. */
export function sortOf(value: string, { formats, unit, date, yesNo, digits, placeholder }: Ways): Sort {
  const orders = date?.orders ?? 0;
  return {
    ...{ formats, orders, yesNo, digits, placeholder, unit, zoned: date?.zoned ?? false, short: date?.short != null },
    long: digits && value.trim().length > LONG_DIGITS,
    separator: date?.separator ?? '',
    either: date !== null && (orders & DAY_OR_MONTH) === DAY_OR_MONTH && date.ms[1] !== date.ms[2],
    ...{ count: 0, examples: [] },
  };
}

/** A whole number of more digits has thousands. */
const LONG_DIGITS = 3;
const DAY_OR_MONTH = (1 << DATE_ORDERS.indexOf('dmy')) | (1 << DATE_ORDERS.indexOf('mdy'));

/** As a number: values of the same sort have the same. @param unit a number for the sort's unit, below 1024 */
export function keyOf(
  { formats, orders, yesNo, digits, long, placeholder, zoned, short, separator, either }: Sort,
  unit: number,
): number {
  let key = formats | (orders << 8) | (SEPARATORS.indexOf(separator) << 11) | ((yesNo === null ? 0 : yesNo ? 1 : 2) << 13);
  key |= (digits ? 1 << 15 : 0) | (long ? 1 << 16 : 0) | (placeholder ? 1 << 17 : 0);
  key |= (zoned ? 1 << 18 : 0) | (short ? 1 << 19 : 0) | (either ? 1 << 20 : 0);
  return key | (unit << 21);
}

const SEPARATORS = ['', '.', '/', '-'];

export function orderBit(order: DateFormat['order']): number {
  return 1 << DATE_ORDERS.indexOf(order);
}

export function formatBit({ decimal, group }: NumberFormat): number {
  return 1 << NUMBER_FORMATS.findIndex((format) => format.decimal === decimal && format.group === group);
}

export const EVERY_ORDER = 2 ** DATE_ORDERS.length - 1;
export const EVERY_FORMAT = 2 ** NUMBER_FORMATS.length - 1;

export function guessed<Value>(
  value: Value,
  sure: number,
  lines: number[],
  against: number[],
  others: Guess<Value>['others'] = [],
): Guess<Value> {
  return { value, sure, by: 'guess', for: lines, against, others };
}

export function total(sorts: readonly Sort[]): number {
  return sorts.reduce((sum, { count }) => sum + count, 0);
}

/** The first lines of these values. What came with a stored profile has none: its line is 0. */
export function linesOf(sorts: readonly Sort[]): number[] {
  return examplesOf(sorts).map(({ line }) => line);
}

export function examplesOf(sorts: readonly Sort[]): { line: number; value: string }[] {
  const all = sorts.flatMap(({ examples }) => examples.filter(({ line }) => line > 0));
  return all.sort((one, other) => one.line - other.line).slice(0, LINES_MAX);
}
