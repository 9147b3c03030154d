/** How the numbers of a field are written, guessed from all of its values. */
import type { FieldGuess, NumberFormat } from './meaning.ts';
import { NUMBER_FORMATS } from './numbers.ts';
import { EVERY_FORMAT, formatBit, guessed, linesOf, type Sort, total } from './sorts.ts';

/** How often each format reads the numbers. */
function readsByFormat(numeric: readonly Sort[]): { format: NumberFormat; bit: number; count: number }[] {
  return NUMBER_FORMATS.map((format, index) => {
    const bit = 1 << index;
    return { format, bit, count: total(numeric.filter(({ formats }) => (formats & bit) !== 0)) };
  });
}

/** The decimal separator that the values prove by themselves; null where they show none, or contradict each other. */
export function provenDecimal(sorts: readonly Sort[]): NumberFormat['decimal'] | null {
  const numeric = sorts.filter(({ formats }) => formats !== 0);
  const all = total(numeric);
  if (all === 0 || all < total(sorts.filter(({ placeholder }) => !placeholder)) * MOSTLY) return null;
  const decimals = new Set(readsByFormat(numeric).flatMap(({ format, count }) => (count === all ? [format.decimal] : [])));
  const [decimal = null] = decimals;
  return decimals.size === 1 ? decimal : null;
}

/** A number here and there in a field of text proves nothing. */
const MOSTLY = 0.9;

type Formatted = { format: NumberFormat; sure: number; other: NumberFormat | null };

/**
 * The separators of the numbers; null where nothing could be a number.
 * @param neighbours the decimal separator that the other fields of the file prove
 */
export function guessNumber(sorts: readonly Sort[], neighbours: NumberFormat['decimal'] | null): FieldGuess['number'] {
  const numeric = sorts.filter(({ formats }) => formats !== 0);
  if (numeric.length === 0) return null;
  const { format, sure, other } = likeliestFormat(numeric, neighbours);
  const bit = formatBit(format);
  const otherBits = NUMBER_FORMATS.reduce((bits, one) => (one.decimal === format.decimal ? bits : bits | formatBit(one)), 0);
  const shown = linesOf(numeric.filter(({ formats }) => (formats & bit) !== 0 && (formats & otherBits) === 0));
  const against = linesOf(numeric.filter(({ formats }) => (formats & bit) === 0));
  return {
    decimal: guessed(format.decimal, sure, shown, against, other ? [{ value: other.decimal, sure: 1 - sure }] : []),
    // One question is enough: what is not the decimal separator stands between thousands.
    group: guessed(format.group, Math.max(sure, 0.95), shown, against, []),
  };
}

/** 1.234,56 shows its decimal separator; 1.234 alone does not, and its neighbours decide. */
function likeliestFormat(numeric: readonly Sort[], neighbours: NumberFormat['decimal'] | null): Formatted {
  const all = total(numeric);
  const byFormat = readsByFormat(numeric);
  const most = Math.max(...byFormat.map(({ count }) => count));
  const possible = byFormat.flatMap(({ format, count }) => (count === most ? [format] : []));
  const formatOf = (decimal: NumberFormat['decimal']): NumberFormat => {
    const own = possible.filter((format) => format.decimal === decimal);
    return own.find(({ group }) => group === '') ?? own[0] ?? { decimal, group: '' };
  };
  const shown = formatOf(possible[0]?.decimal ?? '.');
  if (!possible.some(({ decimal }) => decimal !== shown.decimal)) {
    if (most === all) return { format: shown, sure: 0.99, other: null };
    const best = Math.max(...byFormat.flatMap(({ format, count }) => (format.decimal === shown.decimal ? [] : [count])));
    const other = byFormat.find(({ format, count }) => format.decimal !== shown.decimal && count === best)?.format ?? null;
    // A few odd values are told as unreadable; many make the others doubtful too.
    return { format: shown, sure: most / all >= 0.99 ? 0.95 : Math.min(0.8, most / all), other: best > 0 ? other : null };
  }
  const threes = numeric.filter((sort) => isEither(sort, '.') || isEither(sort, ','));
  if (threes.length === 0) return { format: formatOf(neighbours ?? shown.decimal), sure: 0.99, other: null };
  const taken = neighbours ? { decimal: neighbours, sure: 0.95 } : guessThrees(numeric, threes);
  return { format: formatOf(taken.decimal), sure: taken.sure, other: formatOf(otherThan(taken.decimal)) };
}

/** Whether three digits behind this separator may be a group as well as a part: "1.234", and not "0.234". */
function isEither({ formats, digits }: Sort, separator: NumberFormat['decimal']): boolean {
  const asPart = formatBit({ decimal: separator, group: '' });
  const asGroup = formatBit({ decimal: otherThan(separator), group: separator });
  return !digits && formats !== EVERY_FORMAT && (formats & asPart) !== 0 && (formats & asGroup) !== 0;
}

/** How likely one digit in ten is cut off as a zero at the end: a part of always three digits becomes unlikely. */
const THREE_BY_CHANCE = 0.9;

function guessThrees(numeric: readonly Sort[], threes: readonly Sort[]): { decimal: NumberFormat['decimal']; sure: number } {
  const separators = (['.', ','] as const).filter((separator) => threes.some((sort) => isEither(sort, separator)));
  const [separator = '.'] = separators;
  if (separators.length > 1) return { decimal: '.', sure: 0.5 };
  // 2500 beside 1.234: whoever groups thousands would have grouped it.
  if (numeric.some(({ long }) => long)) return { decimal: separator, sure: 0.8 };
  const grouped = otherThan(separator);
  if (numeric.some(({ digits }) => digits)) return { decimal: grouped, sure: 1 - 0.45 * THREE_BY_CHANCE ** total(threes) };
  return { decimal: grouped, sure: separator === ',' ? 0.8 : 0.6 };
}

function otherThan(decimal: NumberFormat['decimal']): NumberFormat['decimal'] {
  return decimal === '.' ? ',' : '.';
}
