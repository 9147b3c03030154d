/**
 * Reads the dates that people's files hold and places them in periods of a named time zone. Pure, and fast enough to run over a
 * million values: a value is read by hand where its form is common, and a zone's offset is asked of Intl once per day.
 * `readDate` reads a value by itself, as plans of version 1 do; `dateReader` reads it as a field's format says.
 *
 * A date is worked with as *local milliseconds*: the wall clock of the plan's time zone written as if it were UTC. An instant is
 * shifted into the zone; a value that names no zone ("2024-03-05 10:00") is taken to be on that wall clock already.
 */

import { DATE_ORDERS, type DateFormat } from './meaning.ts';
import { monthOfWord } from './month-words.ts';

export type Period = 'day' | 'week' | 'month' | 'quarter' | 'year';

/**
 * What a value says. `instant` is epoch milliseconds; `local` is wall-clock milliseconds without a zone; `either` is a date like
 * 03/04/2024, whose order only its neighbours can tell.
 */
export type ReadDate =
  | { kind: 'instant'; ms: number }
  | { kind: 'local'; ms: number }
  | { kind: 'either'; dayFirst: number; monthFirst: number };

/** A date that can be read in one way only. */
export type DateValue = Exclude<ReadDate, { kind: 'either' }>;

export const DAY_MS = 86_400_000;

/** Before this year a date in a file is a default or a mistake, not a date. */
export const TRUSTED_FROM_YEAR = 1990;

/**
 * Reads one value: ISO 8601, RFC 2822 (with or without its weekday), asctime, "5 March 2024", "March 5, 2024", y/m/d and y.m.d,
 * d.m.y, d/m/y or m/d/y where only one is possible, and epoch seconds (9 or 10 digits) or milliseconds (12 or 13).
 * @returns null where the value is none of these, or names a day that does not exist.
 */
export function readDate(text: string): ReadDate | null {
  const value = text.length > DATE_CHARS_MAX ? '' : text.trim();
  if (value === '') return null;
  const first = value.charCodeAt(0);
  if (first >= 48 && first <= 57) return readIso(value) ?? readEpoch(value) ?? readNumeric(value) ?? readWords(value);
  return readWords(value);
}

/**
 * Reads the values of a field whose format is known: what `readDate` reads, and also years of two digits, month words of further languages, and zones
 * behind any time. 03/04/2024 is read in the format's order and in no other: 31/12/2024 is no date where the month comes first.
 * A value that names no zone is an instant of the format's zone, or on a wall clock where that is 'local'.
 */
export function dateReader(format: DateFormat): (text: string) => DateValue | null {
  const toInstant = format.zone === 'local' ? null : instantClock(format.zone);
  return (text) => {
    const date = readFormatted(text, format);
    return date?.kind === 'local' && toInstant ? { kind: 'instant', ms: toInstant(date.ms) } : date;
  };
}

const DATE_CHARS_MAX = 100;

function readFormatted(text: string, format: DateFormat): DateValue | null {
  const value = text.length > DATE_CHARS_MAX ? '' : text.trim();
  if (value === '') return null;
  const first = value.charCodeAt(0);
  if (first < 48 || first > 57) return readWords(value, format);
  const known = readIso(value) ?? readEpoch(value);
  if (known) return known;
  const parts = orderedParts(value);
  return parts ? inOrder(parts, format.order, format.century) : readWords(value, format);
}

/** In which orders a text is a date, and which date in each. */
export type DateWays = {
  /** the bit `1 << index` for each of DATE_ORDERS */
  orders: number;
  /** by order, of instants and of wall clocks alike */
  ms: [number, number, number];
  /** it names a zone, or counts from an instant */
  zoned: boolean;
  /** the numbers that are the year where it has two digits: when it comes first, and when it comes last; -1 where it can't be there */
  short: { first: number; last: number } | null;
  /** what stands between its three numbers; '' where it is not three numbers */
  separator: string;
};

/** As `dateReader`, in every order at once. Null where it is no date in any. @param century as in a format */
export function dateWaysOf(text: string, century: number): DateWays | null {
  const value = text.length > DATE_CHARS_MAX ? '' : text.trim();
  const first = value.charCodeAt(0);
  const digit = first >= 48 && first <= 57;
  const known = digit ? (readIso(value) ?? readEpoch(value)) : readWords(value, { order: 'ymd', century, zone: 'local' });
  if (known) return everyWay(known);
  const parts = digit ? orderedParts(value) : null;
  if (parts === null) return digit ? everyWay(readWords(value, { order: 'ymd', century, zone: 'local' })) : null;
  const ways: DateWays = {
    orders: 0,
    ms: [Number.NaN, Number.NaN, Number.NaN],
    zoned: parts.offset !== null,
    short: null,
    separator: '',
  };
  for (let index = 0; index < DATE_ORDERS.length; index++) {
    const date = inOrder(parts, DATE_ORDERS[index] ?? 'ymd', century);
    if (date === null) continue;
    ways.orders |= 1 << index;
    ways.ms[index] = date.ms;
  }
  if (ways.orders === 0) return null;
  const { one, three } = parts;
  ways.separator = value.charAt(one.length);
  if (one.length <= 2 && three.length <= 2)
    ways.short = { first: one.length === 2 ? Number(one) : -1, last: three.length === 2 ? Number(three) : -1 };
  return ways;
}

function everyWay(date: DateValue | null): DateWays | null {
  return date && { orders: 7, ms: [date.ms, date.ms, date.ms], zoned: date.kind === 'instant', short: null, separator: '' };
}

/**
 * How an ISO 8601 date is written: "YYYY-MM-DDThh:mm:ss.fffZ". The offset of a zone stands there as it is, "+02:00": texts of one form are in the
 * order of time. Null where the text is not ISO 8601 with its hyphens and colons, or names a day that does not exist.
 */
export function isoForm(text: string): string | null {
  const parts = ISO_FORM.exec(text);
  if (!parts || readIso(text) === null) return null;
  const zone = parts[1] ?? '';
  const clock = text.slice(0, text.length - zone.length);
  return `${ISO_PLACES.slice(0, clock.length)
    .replace('T', clock[10] ?? 'T')
    .replace('.', clock[19] ?? '.')}${zone}`;
}

/** Whether a text is written in this form of ISO 8601; it may name a day that does not exist. Quick: ingest asks it of every value. */
export function hasIsoForm(text: string, form: string): boolean {
  // 24:00 is the next day's 00:00, which comes before it as text.
  if (text.length !== form.length || text.startsWith('24', HOUR_AT)) return false;
  for (let at = 0; at < form.length; at++) {
    const code = text.charCodeAt(at);
    if (isPlace(form.charCodeAt(at)) ? code < 48 || code > 57 : code !== form.charCodeAt(at)) return false;
  }
  return true;
}

/** Whether the running platform knows a time zone of this name; Intl throws for others. */
export function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** A time zone's wall clock for instants, with its offsets kept per UTC day. `timeZone` is an IANA name that Intl knows. */
export function wallClock(timeZone: string): (instantMs: number) => number {
  if (timeZone === 'UTC') return (ms) => ms;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    era: 'narrow',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offsets = new Map<number, OffsetsOfDay>();
  return (ms) => {
    const day = Math.floor(ms / DAY_MS);
    let ofDay = offsets.get(day);
    if (ofDay === undefined) {
      ofDay = offsetsOfDay(format, day);
      offsets.set(day, ofDay);
    }
    return ms + (ms < ofDay.changeMs ? ofDay.before : ofDay.after);
  };
}

/**
 * The instants of a time zone's wall clock: the way back from `wallClock`. An hour that the clocks skip is read as if they had not been put forward yet
 * (02:30 becomes 03:30); of an hour that comes twice, the first is taken. So do Temporal ("compatible") and RFC 5545.
 */
export function instantClock(timeZone: string): (localMs: number) => number {
  if (timeZone === 'UTC') return (ms) => ms;
  const toLocal = wallClock(timeZone);
  return (ms) => {
    // What the clocks showed a day before and a day after, both counted from the same side: no zone changes twice within two days.
    const before = toLocal(ms - DAY_MS) - (ms - DAY_MS);
    const early = ms - before;
    if (toLocal(early) === ms) return early;
    const late = ms - (toLocal(ms + DAY_MS) - (ms + DAY_MS));
    return toLocal(late) === ms ? late : early;
  };
}

/** The civil date of local milliseconds: proleptic Gregorian, month 1 to 12. */
export function civil(localMs: number): { year: number; month: number; day: number } {
  return civilOfDay(Math.floor(localMs / DAY_MS));
}

/** The same day and time so many years later, or earlier where it is negative; not finite stays as it is. 29 February becomes 1 March where there is none. */
export function shiftYears(localMs: number, years: number): number {
  if (years === 0 || !Number.isFinite(localMs)) return localMs;
  const dayNumber = Math.floor(localMs / DAY_MS);
  const { year, month, day } = civilOfDay(dayNumber);
  return localMs + (dayOfCivil(year + years, month, day) - dayNumber) * DAY_MS;
}

/** 2024-03-05 of local milliseconds. */
export function isoDay(localMs: number): string {
  const { year, month, day } = civil(localMs);
  return `${pad4(year)}-${pad2(month)}-${pad2(day)}`;
}

/**
 * The number of the period that local milliseconds lie in: consecutive whole numbers in the order of time, whatever the period.
 * Weeks are ISO 8601 weeks, which begin on Monday.
 */
export function periodOf(every: Period, localMs: number): number {
  const dayNumber = Math.floor(localMs / DAY_MS);
  if (every === 'day') return dayNumber;
  // Day 0, 1 January 1970, was a Thursday: Monday is three days earlier.
  if (every === 'week') return Math.floor((dayNumber + 3) / 7);
  const { year, month } = civilOfDay(dayNumber);
  if (every === 'month') return year * 12 + month - 1;
  if (every === 'quarter') return year * 4 + Math.floor((month - 1) / 3);
  return year;
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** A name for people of the periods `first` to `last` (the same for one): "March 2024", "March–May 2024", "2023 Q4–2024 Q1". */
export function periodName(every: Period, first: number, last: number = first): string {
  if (every === 'day') return span(isoDay(first * DAY_MS), isoDay(last * DAY_MS));
  if (every === 'year') return span(String(first), String(last));
  const [from, to] = every === 'week' ? [isoWeek(first), isoWeek(last)] : [yearPart(every, first), yearPart(every, last)];
  if (every === 'quarter') {
    const begin = `${from.year} Q${from.part}`;
    return first === last ? begin : `${begin}–${from.year === to.year ? '' : `${to.year} `}Q${to.part}`;
  }
  if (every === 'week') {
    if (first === last) return `Week ${from.part}, ${from.year}`;
    if (from.year === to.year) return `Weeks ${from.part}–${to.part}, ${from.year}`;
    return `Week ${from.part}, ${from.year}–Week ${to.part}, ${to.year}`;
  }
  const month = (one: { part: number }) => MONTHS[one.part - 1] ?? '';
  if (first === last) return `${month(from)} ${from.year}`;
  if (from.year === to.year) return `${month(from)}–${month(to)} ${from.year}`;
  return `${month(from)} ${from.year}–${month(to)} ${to.year}`;
}

// ---- reading ----

const ISO =
  /^(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?)?)?$/;

function readIso(value: string): DateValue | null {
  const quick = readPlainIso(value);
  if (quick !== null) return quick;
  const parts = ISO.exec(value);
  if (!parts) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = parts;
  // "200403" would be read as April 2004 and may be any number: a month alone needs its hyphen.
  if (month !== undefined && day === undefined && !value.includes('-')) return null;
  if (month === undefined && (Number(year) < 1900 || Number(year) > 2100)) return null;
  const ms = localMs(
    Number(year),
    Number(month ?? 1),
    Number(day ?? 1),
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
  );
  if (ms === null) return null;
  const exact = ms + fractionMs(fraction);
  if (zone === undefined) return { kind: 'local', ms: exact };
  const offset = offsetOfZone(zone);
  return offset === null ? null : { kind: 'instant', ms: exact - offset };
}

/** A date that is written as most are, and no other way of writing it; null: look closer. */
function readPlainIso(value: string): DateValue | null {
  const ms = plainIsoMs(value);
  if (Number.isNaN(ms)) return null;
  return { kind: value.charCodeAt(value.length - 1) === 90 ? 'instant' : 'local', ms };
}

/**
 * The milliseconds of "2024-03-05", perhaps with "T10:11:12" or " 10:11:12", and then perhaps with a Z, or a fraction of three digits and a Z: most dates are
 * written so, and are read here without a regular expression. NaN for everything else, and where there is no such day or time.
 */
export function plainIsoMs(value: string): number {
  const { length } = value;
  if (length < 10 || value.charCodeAt(4) !== 45 || value.charCodeAt(7) !== 45) return Number.NaN;
  const day = dayMs(digitsAt(value, 0) * 100 + digitsAt(value, 2), digitsAt(value, 5), digitsAt(value, 8)) ?? Number.NaN;
  if (length === 10) return day;
  const between = value.charCodeAt(10);
  if (length < 19 || (between !== 84 && between !== 32)) return Number.NaN;
  if (value.charCodeAt(13) !== 58 || value.charCodeAt(16) !== 58) return Number.NaN;
  const ms = day + (timeOfDay(digitsAt(value, 11), digitsAt(value, 14), digitsAt(value, 17)) ?? Number.NaN);
  if (length === 19 || (length === 20 && value.charCodeAt(19) === 90)) return ms;
  if (length !== 24 || value.charCodeAt(19) !== 46 || value.charCodeAt(23) !== 90) return Number.NaN;
  return ms + digitsAt(value, 20) * 10 + (digitsAt(value, 21) % 10);
}

/** Two digits as a number; NaN where they are none. */
function digitsAt(value: string, at: number): number {
  const tens = value.charCodeAt(at) - 48;
  const ones = value.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

const ISO_FORM = /^\d{4}(?:-\d\d(?:-\d\d(?:[T ](?:[01]\d|2[0-3]):\d\d(?::\d\d(?:[.,]\d{1,9})?)?(Z|[+-]\d\d(?::?\d\d)?)?)?)?)?$/;
const ISO_PLACES = 'YYYY-MM-DDThh:mm:ss.fffffffff';
const HOUR_AT = 11;

/** Y, M, D, h, m, s or f: a digit stands there. */
function isPlace(code: number): boolean {
  return code >= 97 || code === 89 || code === 77 || code === 68;
}

const EPOCH_DIGITS = /^\d+(?:\.\d+)?$/;
const SLASHED = /^(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?:[ T,]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?)?$/;

function readEpoch(value: string): DateValue | null {
  if (!EPOCH_DIGITS.test(value)) return null;
  const digits = value.indexOf('.') === -1 ? value.length : value.indexOf('.');
  if (digits === 9 || digits === 10) return { kind: 'instant', ms: Math.trunc(Number(value) * 1000) };
  return digits === 12 || digits === 13 ? { kind: 'instant', ms: Math.trunc(Number(value)) } : null;
}

function readNumeric(value: string): ReadDate | null {
  const parts = SLASHED.exec(value);
  if (!parts) return null;
  const [, one = '', separator, two = '', three = '', hours = '0', minutes = '0', seconds = '0', half] = parts;
  const hour = hourOf(hours, half);
  if (hour === null) return null;
  const at = (year: string, month: string, day: string) =>
    localMs(Number(year), Number(month), Number(day), hour, Number(minutes), Number(seconds));
  if (one.length === 4) return local(at(one, two, three));
  if (three.length !== 4 || one.length > 2) return null;
  const dayFirst = at(three, two, one);
  // Dots are written day first wherever they are written at all.
  if (separator === '.') return local(dayFirst);
  const monthFirst = at(three, one, two);
  if (dayFirst === null || monthFirst === null || dayFirst === monthFirst) return local(dayFirst ?? monthFirst);
  return { kind: 'either', dayFirst, monthFirst };
}

const ORDERED =
  /^(\d{1,4})([/.-]) ?(\d{1,2})\2 ?(\d{1,4})(?:[ T,]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*([AaPp]\.?[Mm]\.?)?\s*([A-Za-z]{1,4}|[+-]\d\d:?\d\d)?)?$/;

/** Three numbers, and perhaps a time and a zone behind them; null where the time or the zone is none. */
type Ordered = { one: string; two: string; three: string; timeMs: number; offset: number | null };

function orderedParts(value: string): Ordered | null {
  const parts = ORDERED.exec(value);
  if (!parts) return null;
  const [, one = '', , two = '', three = '', hours = '0', minutes = '0', seconds = '0', fraction, half, zone] = parts;
  const hour = hourOf(hours, half);
  const timeMs = hour === null ? null : timeOfDay(hour, Number(minutes), Number(seconds));
  const offset = zone === undefined ? undefined : offsetOfZone(zone);
  if (timeMs === null || offset === null) return null;
  return { one, two, three, timeMs: timeMs + fractionMs(fraction), offset: offset ?? null };
}

/** Three numbers in a known order. A year of four digits is known wherever it stands. */
function inOrder({ one, two, three, timeMs, offset }: Ordered, order: DateFormat['order'], century: number): DateValue | null {
  const yearFirst = one.length === 4 || order === 'ymd';
  const year = yearFirst ? one : three;
  const rest = yearFirst ? three : one;
  if (rest.length > 2 || (year.length !== 4 && year.length !== 2)) return null;
  const monthFirst = !yearFirst && order === 'mdy';
  const day = dayMs(
    year.length === 4 ? Number(year) : yearInCentury(Number(year), century),
    Number(monthFirst ? one : two),
    Number(monthFirst ? two : rest),
  );
  if (day === null) return null;
  return offset === null ? { kind: 'local', ms: day + timeMs } : { kind: 'instant', ms: day + timeMs - offset };
}

/** The year that two digits mean in a century that begins in the year `century`. */
export function yearInCentury(two: number, century: number): number {
  return century + ((two - (century % 100) + 100) % 100);
}

function fractionMs(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Math.trunc(Number(`0.${fraction}`) * 1000);
}

// RFC 2822 with optional weekday and the comments that mail programs add: "Mon, 05 Aug 2002 10:00:00 +0100 (BST)".
const DAY_MONTH =
  /^(?:[A-Za-z]{2,9}\.?,?\s+)?(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{2,4})(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*([A-Za-z]{1,5}|[+-]\d{4}|[+-]\d\d:\d\d)?)?(?:\s*\([^)]*\))?$/;
// "March 5, 2024 10:00"
const MONTH_DAY =
  /^(?:[A-Za-z]{2,9}\.?,?\s+)?([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s*([AaPp]\.?[Mm]\.?)?)?$/;
// asctime, as after the "From " of an mbox: "Mon Aug  5 10:00:00 2002"
const ASCTIME = /^[A-Za-z]{3}\s+([A-Za-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d\d):(\d\d)(?:\s+([A-Za-z]{1,5}|[+-]\d{4}))?\s+(\d{4})$/;
const MONTH_ALONE = /^([A-Za-z]{3,9})\.?\s+(\d{4})$/;

// "5. März 2024", "1er mars 2024", "martes, 5 de marzo de 2024": letters without their marks.
const DAY_MONTH_ABROAD =
  /^(?:[A-Za-z-]{2,14}\.?,?\s+)?(\d{1,2})(?:\.|er|o)?[\s-]+(?:de\s+)?([A-Za-z]{3,10})\.?,?[\s-]+(?:del?\s+)?(\d{2}|\d{4})(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*([A-Za-z]{1,5}|[+-]\d{4}|[+-]\d\d:\d\d)?)?$/;

/** @param format of the field; without it years of two digits are read as mail has them, and months in English only */
function readWords(value: string, format?: DateFormat): DateValue | null {
  const text = format ? withoutMarks(value) : value;
  let parts = DAY_MONTH.exec(text) ?? (format ? DAY_MONTH_ABROAD.exec(text) : null);
  if (parts) {
    const [, day, month = '', year = '', hours = '0', minutes = '0', seconds = '0', half, zone] = parts;
    const hour = hourOf(hours, half);
    const full = format && year.length === 2 ? yearInCentury(Number(year), format.century) : yearOf(year);
    return hour === null ? null : zoned(full, monthOf(month, format), Number(day), hour, Number(minutes), Number(seconds), zone);
  }
  parts = MONTH_DAY.exec(text);
  if (parts) {
    const [, month = '', day, year = '', hours = '0', minutes = '0', seconds = '0', half] = parts;
    const hour = hourOf(hours, half);
    return hour === null
      ? null
      : zoned(Number(year), monthOf(month, format), Number(day), hour, Number(minutes), Number(seconds), undefined);
  }
  parts = ASCTIME.exec(text);
  if (parts) {
    const [, month = '', day, hours, minutes, seconds, zone, year] = parts;
    return zoned(Number(year), monthOf(month, format), Number(day), Number(hours), Number(minutes), Number(seconds), zone);
  }
  parts = MONTH_ALONE.exec(text);
  return parts ? zoned(Number(parts[2]), monthOf(parts[1] ?? '', format), 1, 0, 0, 0, undefined) : null;
}

const MARKS = /\p{M}/gu;
const BEYOND_ASCII = /[^ -~]/;

function withoutMarks(text: string): string {
  return BEYOND_ASCII.test(text) ? text.normalize('NFD').replace(MARKS, '') : text;
}

function zoned(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  zone: string | undefined,
): DateValue | null {
  const ms = localMs(year, month, day, hour, minute, second);
  if (ms === null) return null;
  if (zone === undefined) return { kind: 'local', ms };
  const offset = offsetOfZone(zone);
  // RFC 2822 4.3: a zone of letters that is not in its table says nothing about the offset; read it as UTC.
  return { kind: 'instant', ms: ms - (offset ?? 0) };
}

function local(ms: number | null): DateValue | null {
  return ms === null ? null : { kind: 'local', ms };
}

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Milliseconds of a wall clock, or null where there is no such day or hour. */
function localMs(year: number, month: number, day: number, hour: number, minute: number, second: number): number | null {
  const begin = dayMs(year, month, day);
  const time = timeOfDay(hour, minute, second);
  return begin === null || time === null ? null : begin + time;
}

function dayMs(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1 || day > (DAYS_IN_MONTH[month - 1] ?? 0)) return null;
  if (month === 2 && day === 29 && !(year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0))) return null;
  return dayOfCivil(year, month, day) * DAY_MS;
}

/** A leap second counts as the second before it. */
function timeOfDay(hour: number, minute: number, second: number): number | null {
  if (hour > 24 || minute > 59 || second > 60 || (hour === 24 && (minute > 0 || second > 0))) return null;
  return hour * 3_600_000 + minute * 60_000 + Math.min(second, 59) * 1000;
}

/** From 1; 0 where the word is no month. */
function monthOf(word: string, format: DateFormat | undefined): number {
  const lower = word.toLowerCase();
  if (format) return monthOfWord(lower);
  return (
    1 +
    MONTHS.findIndex(
      (name) =>
        name.toLowerCase() === lower || name.slice(0, 3).toLowerCase() === lower || (lower === 'sept' && name === 'September'),
    )
  );
}

/** RFC 2822 4.3: two digits below 50 are of this century, the rest and three digits count from 1900. */
function yearOf(digits: string): number {
  const year = Number(digits);
  if (digits.length === 2) return year < 50 ? 2000 + year : 1900 + year;
  return digits.length === 3 ? 1900 + year : year;
}

function hourOf(hours: string, half: string | undefined): number | null {
  const hour = Number(hours);
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half[0]?.toLowerCase() === 'p' ? 12 : 0);
}

// biome-ignore format: a table
const ZONE_HOURS: Record<string, number> = {
  Z: 0, UT: 0, UTC: 0, GMT: 0, WET: 0, BST: 1, CET: 1, MET: 1, WEST: 1, CEST: 2, MEST: 2, EET: 2, EEST: 3, MSK: 3, EST: -5, EDT: -4,
  CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7, AKST: -9, AKDT: -8, HST: -10, JST: 9, AEST: 10, AEDT: 11, NZST: 12, NZDT: 13,
};

/** The zone's offset from UTC in milliseconds, or null when the letters or digits are none. */
function offsetOfZone(zone: string): number | null {
  const sign = zone.charCodeAt(0);
  if (sign !== 43 && sign !== 45) {
    const name = zone.toUpperCase();
    return Object.hasOwn(ZONE_HOURS, name) ? (ZONE_HOURS[name] ?? 0) * 3_600_000 : null;
  }
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return (sign === 45 ? -minutes : minutes) * 60_000;
}

// ---- the calendar ----

/** Days since 1 January 1970 (Howard Hinnant, chrono-compatible low-level date algorithms). */
function dayOfCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

function civilOfDay(dayNumber: number): { year: number; month: number; day: number } {
  const z = dayNumber + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function isoWeek(week: number): { year: number; part: number } {
  // A week belongs to the year of its Thursday (ISO 8601).
  const thursday = week * 7;
  const { year } = civilOfDay(thursday);
  return { year, part: 1 + Math.floor((thursday - dayOfCivil(year, 1, 1)) / 7) };
}

function yearPart(every: 'month' | 'quarter', period: number): { year: number; part: number } {
  const perYear = every === 'month' ? 12 : 4;
  const year = Math.floor(period / perYear);
  return { year, part: period - year * perYear + 1 };
}

/** The offsets of a zone on a day of UTC, before and after the moment at which they change; a day has one such moment at most. */
type OffsetsOfDay = { before: number; after: number; changeMs: number };

function offsetsOfDay(format: Intl.DateTimeFormat, day: number): OffsetsOfDay {
  let low = day * DAY_MS;
  let high = low + DAY_MS;
  const before = offsetAt(format, low);
  const after = offsetAt(format, high);
  if (before === after) return { before, after, changeMs: high };
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (offsetAt(format, middle) === before) low = middle;
    else high = middle;
  }
  return { before, after, changeMs: high };
}

function offsetAt(format: Intl.DateTimeFormat, ms: number): number {
  let year = 0;
  let month = 1;
  let day = 1;
  let hour = 0;
  let minute = 0;
  let second = 0;
  for (const { type, value } of format.formatToParts(ms)) {
    if (type === 'year') year = Number(value);
    else if (type === 'era') year = value === 'B' ? 1 - year : year;
    else if (type === 'month') month = Number(value);
    else if (type === 'day') day = Number(value);
    else if (type === 'hour') hour = Number(value);
    else if (type === 'minute') minute = Number(value);
    else if (type === 'second') second = Number(value);
  }
  const wall = dayOfCivil(year, month, day) * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1000;
  return wall - Math.floor(ms / 1000) * 1000;
}

function span(from: string, to: string): string {
  return from === to ? from : `${from}–${to}`;
}

function pad2(value: number): string {
  return String(value).padStart(2, '0');
}

function pad4(value: number): string {
  return String(value).padStart(4, '0');
}
