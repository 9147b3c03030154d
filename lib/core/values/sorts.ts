/** The values of a field, sorted by the ways in which they can be read: what a guess of its meaning goes by. */
import { type Guess, LINES_MAX } from './guess.ts';
import { DATE_ORDERS, type DateFormat, type NumberFormat } from './meaning.ts';
import { NUMBER_FORMATS } from './numbers.ts';

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
