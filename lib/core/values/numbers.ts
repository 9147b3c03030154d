/**
 * Reads numbers as people's files write them, and compares them exactly. A number is read as the decimal that its text says, never as what is left of it
 * when odd characters are dropped: whatever is not understood makes the text no number (docs/values.md).
 */
import type { NumberFormat } from './meaning.ts';

/** A text longer than this is no number. */
const NUMBER_CHARS_MAX = 100;

/** What a text says: its number as a plain decimal ("-1234.50"), and what it is a number of: '%', or its currency as written; '' for nothing. */
type Told = { decimal: string; unit: string };

/**
 * The number of a text as a plain decimal: an optional "-", digits, and perhaps "." and digits. The digits after the point are kept as they are written.
 * @returns null where the text is no number in this format
 */
export function decimalText(text: string, format: NumberFormat): string | null {
  return readNumber(text, format)?.decimal ?? null;
}

/**
 * Reads a text as a number of this format, exactly. A percent sign changes nothing (45% is 45); neither does a currency, which is given back as `unit`.
 * @returns null where it is none: a sign, separator or word too many, groups of the wrong size, a leading zero, a whole part beyond 2^53
 */
export function readNumber(text: string, format: NumberFormat): Told | null {
  if (text.length > NUMBER_CHARS_MAX) return null;
  if (PLAIN.test(text)) return told(text, '');
  const value = text.trim();
  const first = value.search(DIGIT);
  if (first === -1) return null;
  let last = value.length - 1;
  while (!isDigit(value.charCodeAt(last))) last--;
  // ".5" begins with its point; "Rs.500" does not.
  const begin = first > 0 && value[first - 1] === format.decimal && !LETTER.test(value[first - 2] ?? '') ? first - 1 : first;
  const around = readAffixes(value.slice(0, begin), value.slice(last + 1));
  const plain = around && readDigits(value.slice(begin, last + 1), format);
  if (!plain) return null;
  return told(around.negative ? `-${plain}` : plain, around.unit);
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
const DIGIT = /\d/;
const LETTER = /\p{L}/u;
/** Fifteen digits at most: whatever the format, it is a whole number, and below 2^53. */
const PLAIN = /^-?(?:0|[1-9]\d{0,14})$/;

function told(decimal: string, unit: string): Told {
  // There is one zero.
  return { decimal: decimal.charCodeAt(0) === 45 && isZero(decimal) ? decimal.slice(1) : decimal, unit };
}

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

const SPACES = '[ \\u00a0\\u2000-\\u200a\\u202f\\u205f\\u3000]';
/** Three digits a group; with commas also as in India, where all but the last group have two: 12,34,567. */
const GROUPED = {
  '': null,
  ',': /^(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3})$/,
  '.': /^\d{1,3}(?:\.\d{3})+$/,
  ' ': new RegExp(`^\\d{1,3}(?:${SPACES}\\d{3})+$`),
  "'": /^\d{1,3}(?:['’]\d{3})+$/,
} as const;
const NOT_DIGITS = /\D/g;
const EXPONENT = /^[eE]([+-]?\d{1,3})$/;
const DIGITS = /^\d*$/;

/** A number without its sign and unit, as a plain decimal. */
function readDigits(text: string, { decimal, group }: NumberFormat): string | null {
  let end = text.search(/[eE]/);
  const exponent = end === -1 ? 0 : readExponent(text.slice(end));
  if (exponent === null) return null;
  if (end === -1) end = text.length;
  const point = text.indexOf(decimal);
  const part = point === -1 ? '' : text.slice(point + 1, end);
  if (!DIGITS.test(part) || (point !== -1 && part === '')) return null;
  const whole = readWhole(text.slice(0, point === -1 ? end : point), group === decimal ? '' : group);
  if (whole === null) return null;
  if (exponent === null || end === text.length) return fits(whole) ? join(whole, part) : null;
  return shifted(whole, part, exponent);
}

function readExponent(text: string): number | null {
  const digits = EXPONENT.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}

function readWhole(text: string, group: NumberFormat['group']): string | null {
  if (text === '') return '0';
  const digits = DIGITS.test(text) ? text : GROUPED[group]?.test(text) ? text.replace(NOT_DIGITS, '') : null;
  // A leading zero is part of a code.
  return digits !== null && (digits.length === 1 || digits.charCodeAt(0) !== 48) ? digits : null;
}

/** Beyond 2^53 the neighbours of a whole number can't be told from it: it is a code, and stays text. */
function fits(whole: string): boolean {
  return whole.length < 16 || (whole.length === 16 && Number(whole) <= Number.MAX_SAFE_INTEGER);
}

function join(whole: string, part: string): string {
  return part === '' ? whole : `${whole}.${part}`;
}

/** With an exponent a number may have any size that a double has. */
function shifted(whole: string, part: string, exponent: number): string | null {
  const digits = whole + part;
  const size = Number(`${whole}.${part || '0'}e${exponent}`);
  if (!Number.isFinite(size) || (size === 0 && !isZero(digits))) return null;
  const point = whole.length + exponent;
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  const left = digits
    .slice(0, point)
    .padEnd(point, '0')
    .replace(/^0+(?=\d)/, '');
  return join(left, digits.slice(point));
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
const BEFORE = /^(\(?)\s*([+\-−–]?)\s*([^\s()+\-−–]*)\s*([+\-−–]?)\s*(\(?)\s*$/;
const AFTER = /^\s*(\)?)\s*([+\-−–]?)\s*([^\s()+\-−–]*)\s*([+\-−–]?)\s*(\)?)$/;

/**
 * What stands before and after the digits: one sign at most, or the parentheses of accountants, which mean a negative number; one percent sign at most; a
 * currency on either side, or on both ("$5.00 USD").
 */
function readAffixes(before: string, after: string): { negative: boolean; unit: string } | null {
  if (before === '' && after === '') return NOTHING;
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

const NOTHING = { negative: false, unit: '' };

function isUnit(text: string): boolean {
  return text === '' || text === '%' || SYMBOL.test(text) || CURRENCY_WORDS.has(text);
}
