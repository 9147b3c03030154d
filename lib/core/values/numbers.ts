/**
 * Reads numbers as people's files write them, and compares them exactly. A number is read as the decimal that its text says, never as what is left of it
 * when odd characters are dropped: whatever is not understood makes the text no number (docs/values.md).
 */
import type { NumberFormat } from './meaning.ts';

/** A text longer than this is no number. */
const NUMBER_CHARS_MAX = 100;

/**
 * The number of a text as a plain decimal: an optional "-", digits, and perhaps "." and digits, which are kept as they are written. A percent sign changes
 * nothing (45% is 45), and neither does a currency.
 * @returns null where the text is no number in this format: a sign, separator or word too many, groups of the wrong size, a leading zero, a whole part beyond 2^53
 */
export function decimalText(text: string, format: NumberFormat): string | null {
  if (PLAIN.test(text)) return text === '-0' ? '0' : text;
  const shape = shapeOf(text);
  if (shape === null) return null;
  const whole = wholeDigits(shape, SEPARATORS[format.decimal], SEPARATORS[format.group]);
  const plain = whole === -1 ? null : plainDecimal(shape, whole);
  // There is one zero.
  return plain !== null && shape.negative && !isZero(plain) ? `-${plain}` : plain;
}

/** The formats that there are: a group separator that is the decimal one too groups nothing. */
export const NUMBER_FORMATS: readonly NumberFormat[] = [
  ...(['', ',', ' ', "'"] as const).map((group) => ({ decimal: '.', group }) as const),
  ...(['', '.', ' ', "'"] as const).map((group) => ({ decimal: ',', group }) as const),
];

/** In which formats a text is a number: the bit `1 << index` for each of NUMBER_FORMATS; and what it is a number of: '%', a currency as written, or nothing. */
export function numberFormatsOf(text: string): { formats: number; unit: string } {
  const quick = quickFormats(text);
  if (quick !== null) return quick;
  const shape = shapeOf(text);
  if (shape === null) return NO_FORMAT;
  let formats = 0;
  for (let index = 0; index < SEPARATED.length; index++) {
    const [decimal, group] = SEPARATED[index] as [number, number];
    const whole = wholeDigits(shape, decimal, group);
    if (whole !== -1 && plainDecimal(shape, whole) !== null) formats |= 1 << index;
  }
  return { formats, unit: shape.unit };
}

const NO_FORMAT = { formats: 0, unit: '' };
const EVERY_FORMAT = formatsThat(() => true);
/** Of digits with one separator. Three digits behind it are a group as well: 1.234. */
const WITH_POINT = { part: formatsThat(({ decimal }) => decimal === '.'), either: formatsThat(readsEither('.')) };
const WITH_COMMA = { part: formatsThat(({ decimal }) => decimal === ','), either: formatsThat(readsEither(',')) };

function formatsThat(read: (format: NumberFormat) => boolean): { formats: number; unit: string } {
  return { formats: NUMBER_FORMATS.reduce((bits, format, index) => bits | (read(format) ? 1 << index : 0), 0), unit: '' };
}

function readsEither(separator: string): (format: NumberFormat) => boolean {
  return ({ decimal, group }) => decimal === separator || group === separator;
}

/** As `numberFormatsOf`, for digits with one point or comma at most, as most numbers are; null where a closer look is needed. */
export function quickFormats(text: string): { formats: number; unit: string } | null {
  const { length } = text;
  if (length > 15) return null;
  const begin = text.charCodeAt(0) === 45 ? 1 : 0;
  let separator = -1;
  let at = begin;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) continue;
    if (!isPoint(code) || separator !== -1) return null;
    separator = at;
  }
  const whole = (separator === -1 ? length : separator) - begin;
  if (whole === 0 || separator === length - 1) return null;
  const zero = text.charCodeAt(begin) === 48;
  if (zero && whole > 1) return NO_FORMAT;
  if (separator === -1) return EVERY_FORMAT;
  const known = text.charCodeAt(separator) === 46 ? WITH_POINT : WITH_COMMA;
  return whole <= 3 && !zero && separator === length - 4 ? known.either : known.part;
}

/** Compares two decimals as `decimalText` gives them, exactly: below 0 where the first is the smaller one, 0 where they are equal. */
export function compareDecimal(one: string, other: string): number {
  const negative = one.startsWith('-');
  if (negative !== other.startsWith('-')) return isZero(one) && isZero(other) ? 0 : negative ? -1 : 1;
  return negative ? compareAbsolute(other.slice(1), one.slice(1)) : compareAbsolute(one, other);
}

/** Whether a text is a plain decimal, as plans hold them. */
export function isDecimal(text: string): boolean {
  return text.length <= DECIMAL_CHARS_MAX && DECIMAL.test(text);
}

const DECIMAL_CHARS_MAX = 400;
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const LETTER = /\p{L}/u;
/** Fifteen digits at most: whatever the format, it is a whole number, and below 2^53. */
const PLAIN = /^-?(?:0|[1-9]\d{0,14})$/;

function isZero(decimal: string): boolean {
  return !/[1-9]/.test(decimal);
}

function compareAbsolute(one: string, other: string): number {
  const [whole = '', part = ''] = one.split('.');
  const [otherWhole = '', otherPart = ''] = other.split('.');
  if (whole.length !== otherWhole.length) return whole.length - otherWhole.length;
  if (whole !== otherWhole) return whole < otherWhole ? -1 : 1;
  const places = Math.max(part.length, otherPart.length);
  const [left, right] = [part.padEnd(places, '0'), otherPart.padEnd(places, '0')];
  return left === right ? 0 : left < right ? -1 : 1;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

// ---- the digits ----

/** A number as it is written, whatever its format: its digits, how many of them stand between separators, and which separators these are. */
type Shape = { negative: boolean; unit: string; digits: string; runs: number[]; between: number[]; exponent: number | null };

/** A separator of each kind; 0 for none. */
const SEPARATORS = { '': 0, '.': 1, ',': 2, ' ': 3, "'": 4 } as const;
const SEPARATED = NUMBER_FORMATS.map(({ decimal, group }) => [SEPARATORS[decimal], SEPARATORS[group]] as const);

function separatorOf(code: number): number {
  if (code === 46) return SEPARATORS['.'];
  if (code === 44) return SEPARATORS[','];
  if (code === 39 || code === 0x2019) return SEPARATORS["'"];
  const space = code === 32 || code === 0xa0 || (code >= 0x2000 && code <= 0x200a) || code === 0x202f || code === 0x205f;
  return space || code === 0x3000 ? SEPARATORS[' '] : 0;
}

function shapeOf(text: string): Shape | null {
  if (text.length > NUMBER_CHARS_MAX) return null;
  let first = 0;
  let last = text.length - 1;
  while (first <= last && !isDigit(text.charCodeAt(first))) first++;
  if (first > last) return null;
  while (!isDigit(text.charCodeAt(last))) last--;
  // ".5" begins with its point; "Rs.500" does not.
  if (first > 0 && isPoint(text.charCodeAt(first - 1)) && !LETTER.test(text[first - 2] ?? '')) first--;
  const around = readAffixes(text.slice(0, first), text.slice(last + 1));
  return around && readDigits(text, first, last, around);
}

function isPoint(code: number): boolean {
  return code === 46 || code === 44;
}

const EXPONENT = /^[eE]([+-]?\d{1,3})$/;

/** What stands from the first digit, or the point before it, to the last digit. */
function readDigits(text: string, first: number, last: number, around: { negative: boolean; unit: string }): Shape | null {
  const runs: number[] = [];
  const between: number[] = [];
  let digits = '';
  let run = first;
  for (let at = first; at <= last; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) continue;
    digits += text.slice(run, at);
    runs.push(at - run);
    if (code === 101 || code === 69) {
      const exponent = EXPONENT.exec(text.slice(at, last + 1))?.[1];
      return exponent === undefined ? null : { ...around, digits, runs, between, exponent: Number(exponent) };
    }
    const separator = separatorOf(code);
    if (separator === 0) return null;
    between.push(separator);
    run = at + 1;
  }
  runs.push(last + 1 - run);
  return { ...around, digits: digits + text.slice(run, last + 1), runs, between, exponent: null };
}

/**
 * How many of the digits are whole ones, if the separators are these; -1 where the text is no such number. Groups have three digits; with commas also as in
 * India, where all but the last have two: 12,34,567.
 */
function wholeDigits({ digits, runs, between }: Shape, decimal: number, group: number): number {
  const all = between.length;
  const groups = between[all - 1] === decimal ? all - 1 : all;
  if (runs[all] === 0 || (runs[0] === 0 && groups > 0)) return -1;
  let whole = runs[0] ?? 0;
  for (let at = 0; at < groups; at++) {
    if (between[at] !== group || group === decimal) return -1;
    whole += runs[at + 1] ?? 0;
  }
  if (groups > 0 && !isGrouped(runs, groups) && !(group === SEPARATORS[','] && isGroupedAsInIndia(runs, groups))) return -1;
  // A leading zero is part of a code.
  return whole > 1 && digits.charCodeAt(0) === 48 ? -1 : whole;
}

function isGrouped(runs: readonly number[], groups: number): boolean {
  for (let at = 1; at <= groups; at++) if (runs[at] !== 3) return false;
  return (runs[0] ?? 0) <= 3;
}

function isGroupedAsInIndia(runs: readonly number[], groups: number): boolean {
  for (let at = 1; at < groups; at++) if (runs[at] !== 2) return false;
  return groups > 1 && (runs[0] ?? 0) <= 2 && runs[groups] === 3;
}

/** The shape's digits with a point behind so many of them; null beyond what can be told from its neighbours. */
function plainDecimal({ digits, exponent }: Shape, whole: number): string | null {
  if (exponent !== null) return shifted(digits, whole, exponent);
  const left = whole === 0 ? '0' : digits.slice(0, whole);
  // Beyond 2^53 the neighbours of a whole number can't be told from it: it is a code, and stays text.
  if (whole > 16 || (whole === 16 && Number(left) > Number.MAX_SAFE_INTEGER)) return null;
  return whole === digits.length ? left : `${left}.${digits.slice(whole)}`;
}

/** With an exponent a number may have any size that a double has. */
function shifted(digits: string, whole: number, exponent: number): string | null {
  const size = Number(`${digits.slice(0, whole)}.${digits.slice(whole)}e${exponent}`);
  if (isZero(digits)) return '0';
  if (!Number.isFinite(size) || size === 0) return null;
  const point = whole + exponent;
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  const left = digits
    .slice(0, point)
    .padEnd(point, '0')
    .replace(/^0+(?=\d)/, '');
  return point >= digits.length ? left : `${left}.${digits.slice(point)}`;
}

// ---- what stands around the digits ----

// biome-ignore format: a table (ISO 4217, and what else people write for one of them)
const CURRENCY_WORDS = new Set([
  'AED', 'AFN', 'ALL', 'AMD', 'ANG', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BRL',
  'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHF', 'CLP', 'CNY', 'COP', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP',
  'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HRK', 'HTG', 'HUF', 'IDR', 'ILS',
  'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD',
  'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK',
  'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK',
  'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH',
  'UGX', 'USD', 'UYU', 'UZS', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWL',
  'US$', 'A$', 'AU$', 'C$', 'CA$', 'NZ$', 'HK$', 'NT$', 'R$', 'S$', 'MX$', 'kr', 'kr.', 'Kr', 'Kr.', 'zł', 'Kč', 'Ft', 'lei', 'лв', 'лв.', 'Fr.', 'fr.', 'SFr.',
  'Rs', 'Rs.', 'руб.', 'р.', 'TL', 'RM', 'Rp', 'Euro', 'euro', 'Euros', 'euros',
]);
const SYMBOL = /^\p{Sc}$/u;
const SIGN = /[+\-−–]/;
const BEFORE = /^\s*(\(?)\s*([+\-−–]?)\s*([^\s()+\-−–]*)\s*([+\-−–]?)\s*(\(?)\s*$/;
const AFTER = /^\s*(\)?)\s*([+\-−–]?)\s*([^\s()+\-−–]*)\s*([+\-−–]?)\s*(\)?)\s*$/;

/**
 * What stands before and after the digits: one sign at most, or the parentheses of accountants, which mean a negative number; one percent sign at most; a
 * currency on either side, or on both ("$5.00 USD").
 */
function readAffixes(before: string, after: string): { negative: boolean; unit: string } | null {
  if (before === '' && after === '') return NOTHING;
  if (before.length > AFFIX_CHARS_MAX || after.length > AFFIX_CHARS_MAX) return null;
  const left = BEFORE.exec(before);
  const right = AFTER.exec(after);
  if (!left || !right) return null;
  const [, open = '', sign = '', unit = '', second = '', inner = ''] = left;
  const [, close = '', third = '', otherUnit = '', fourth = '', outer = ''] = right;
  const signs = sign + second + third + fourth;
  const opened = open + inner;
  const closed = close + outer;
  if (signs.length > 1 || opened.length !== closed.length || opened.length > 1 || (signs !== '' && opened !== '')) return null;
  if (!isUnit(unit) || !isUnit(otherUnit)) return null;
  if (unit !== '' && otherUnit !== '' && (unit === '%' || otherUnit === '%')) return null;
  return { negative: opened !== '' || (SIGN.test(signs) && signs !== '+'), unit: unit || otherUnit };
}

/** The longest word for a currency, its sign, and spaces. */
const AFFIX_CHARS_MAX = 12;
const NOTHING = { negative: false, unit: '' };

function isUnit(text: string): boolean {
  return text === '' || text === '%' || SYMBOL.test(text) || CURRENCY_WORDS.has(text);
}
