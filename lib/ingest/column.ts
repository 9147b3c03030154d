/**
 * One field of a file while it streams by: its values sorted by the ways in which they can be read, so that what it means can be said at the end, exactly,
 * without a second look at any value. Bounded, whatever the file.
 */

import { type DateWays, hasIsoForm, isoForm, plainIsoMs, shiftYears } from '#lib/core/values/dates.ts';
import { LINES_MAX } from '#lib/core/values/guess.ts';
import { centuryBefore } from '#lib/core/values/guess-dates.ts';
import { DATE_ORDERS, type FieldGuess } from '#lib/core/values/meaning.ts';
import { quickFormats } from '#lib/core/values/numbers.ts';
import { isBlank } from '#lib/core/values/read-value.ts';
import { EVERY_FORMAT, keyOf, type SeenField, type Sort, sortOf, total } from '#lib/core/values/sorts.ts';
import type { ValueType } from '#lib/core/values/value-types.ts';
import { type Ways, waysOf } from '#lib/core/values/ways.ts';
import type { FieldProfile } from '#lib/shapes/datasets.ts';
import { FrequentValues } from './frequent-values.ts';
import { kindOfText } from './value-type.ts';

const ODD_CHARS_MAX = 60;
const EXAMPLE_CHARS_MAX = 120;
/** After so many values it shows whether a field is one of text: its later values are not read one by one. */
const READ_AT_LEAST = 20_000;
const TYPED_SHARE = 0.5;
/** Texts whose sort is remembered, as long as most values are among them. */
const REMEMBERED_MAX = 400;
const REMEMBERED_CHARS_MAX = 40;
const UNITS_MAX = 15;

export class Column {
  readonly #name: string;
  readonly #century: number;
  /** the last year that a date is thought to be of: the next one */
  readonly #lastYear: number;
  #filled = 0;
  #blank = 0;
  /** of the values that are not blank: how many have a sort */
  #read = 0;
  #reading = true;
  readonly #sorts = new Map<number, Sort>();
  #remembered: Map<string, Sort> | null = new Map();
  #hits = 0;
  readonly #units = [''];
  readonly #words = new Set<string>();
  readonly #years = { first: new Set<number>(), last: new Set<number>() };
  #shortest = Number.POSITIVE_INFINITY;
  #longest = 0;
  readonly #frequent = new FrequentValues();
  readonly #texts = { email: 0, url: 0, text: 0 };
  /** the earliest and latest date of those that are the same in every order */
  readonly #same = span();
  /** of the others by order: the earliest and latest date; and of the years of two digits that lie ahead, which may be a century earlier */
  readonly #spans = DATE_ORDERS.map(() => ({ near: span(), ahead: span() }));
  /** of plain numbers, by what can be told of them at once */
  readonly #plainSorts = new Map<number, Sort>();
  #localSort: Sort | null = null;
  #zonedSort: Sort | null = null;
  #form: string | null = null;
  #odd: string | null = null;

  /** @param now epoch milliseconds */
  constructor(name: string, now: number) {
    this.#name = name;
    this.#century = centuryBefore(now);
    this.#lastYear = new Date(now).getUTCFullYear() + 1;
  }

  /**
   * Takes the next value in, '' where there is none.
   * @param look whether this row is one of those whose values are counted
   */
  add(value: string, line: number, look: boolean): void {
    if (value.length === 0) return;
    this.#filled++;
    if (look || this.#filled === 1) this.#look(value);
    if (isBlank(value)) {
      this.#blank++;
      this.#notIso(value);
      return;
    }
    if (!this.#reading) return;
    this.#read++;
    const sort = this.#quickSort(value) ?? this.#sortOf(value);
    sort.count++;
    if (sort.examples.length < LINES_MAX) sort.examples.push({ line, value: copy(value, EXAMPLE_CHARS_MAX) });
    if (this.#read === READ_AT_LEAST && !this.#isTyped()) {
      this.#reading = false;
      this.#remembered = null;
    }
  }

  /** What its meaning can be guessed from. */
  seen(label: string): SeenField {
    return {
      ...{ name: this.#name, label, sorts: [...this.#sorts.values()], unique: this.#frequent.unique },
      ...{ lengths: [this.#shortest, this.#longest], years: this.#years, words: this.#words },
    };
  }

  /** As it is stored with the dataset. @param meaning as it was guessed */
  describe({ type, date }: Pick<FieldGuess, 'type' | 'date'>): FieldProfile {
    const scale = this.#frequent.looked === 0 ? 1 : this.#filled / this.#frequent.looked;
    const profile: FieldProfile = {
      name: this.#name,
      type: this.#valueType(type.value),
      filled: this.#filled - this.#blank,
      top: this.#frequent.top(TOP).map(({ value, count }) => ({ value, count: Math.round(count * scale) })),
      exact: this.#frequent.exact && this.#frequent.looked === this.#filled,
    };
    if (profile.type !== 'date' && profile.type !== 'number') return profile;
    const sorts = this.#odd !== null ? { odd: this.#odd } : this.#form !== null ? { iso: this.#form } : {};
    return { ...profile, ...(profile.type === 'date' && date ? this.#span(date) : {}), ...sorts };
  }

  #look(value: string): void {
    this.#frequent.add(value);
    if (value.length < this.#shortest) this.#shortest = value.length;
    if (value.length > this.#longest) this.#longest = value.length;
    this.#texts[kindOfText(value)]++;
  }

  #isTyped(): boolean {
    const typed = [...this.#sorts.values()].filter(
      ({ formats, orders, yesNo }) => formats !== 0 || orders !== 0 || yesNo !== null,
    );
    return total(typed) >= this.#read * TYPED_SHARE;
  }

  /** The sort of a plain number, or of a date as ISO 8601 mostly is, once there was one like it: without a look at all the ways. */
  #quickSort(value: string): Sort | null {
    const ms = plainIsoMs(value);
    if (!Number.isNaN(ms)) {
      const sort = isZoned(value) ? this.#zonedSort : this.#localSort;
      if (sort === null) return null;
      if (this.#form === null || !isAlike(value, this.#form)) this.#formed(value);
      widen(this.#same, ms);
      return sort;
    }
    const key = plainKey(value);
    const sort = key === null ? undefined : this.#plainSorts.get(key);
    if (sort === undefined) return null;
    this.#notIso(value);
    return sort;
  }

  #sortOf(value: string): Sort {
    const known = this.#remembered?.get(value);
    if (known) {
      this.#hits++;
      return known;
    }
    const ways = waysOf(value, this.#century);
    if (ways.date) this.#dated(value, ways.date);
    else this.#notIso(value);
    if (ways.yesNo !== null) this.#words.add(value.trim().toLowerCase());
    const sort = this.#sortOfWays(value, ways);
    if (!Number.isNaN(plainIsoMs(value))) {
      if (isZoned(value)) this.#zonedSort = sort;
      else this.#localSort = sort;
    } else {
      const key = plainKey(value);
      if (key !== null) this.#plainSorts.set(key, sort);
    }
    if (this.#remembered && value.length <= REMEMBERED_CHARS_MAX) this.#remember(this.#remembered, value, sort);
    return sort;
  }

  #remember(remembered: Map<string, Sort>, value: string, sort: Sort): void {
    if (remembered.size < REMEMBERED_MAX) remembered.set(copy(value), sort);
    else if (this.#hits < this.#read / 2) this.#remembered = null;
  }

  #sortOfWays(value: string, ways: Ways): Sort {
    const sort = sortOf(value, ways);
    const unit = this.#unitAt(ways.unit);
    const key = keyOf(sort, unit);
    const known = this.#sorts.get(key);
    if (known) return known;
    // The text of a value of its own: a piece of it would keep the whole in memory.
    const kept = { ...sort, unit: this.#units[unit] ?? '' };
    this.#sorts.set(key, kept);
    return kept;
  }

  #unitAt(unit: string): number {
    const at = this.#units.indexOf(unit);
    if (at !== -1) return at;
    return this.#units.length > UNITS_MAX ? UNITS_MAX : this.#units.push(copy(unit)) - 1;
  }

  #dated(value: string, { ms, short, separator }: DateWays): void {
    this.#formed(value);
    if (separator === '') {
      widen(this.#same, ms[0]);
      return;
    }
    if (short && short.first !== -1) this.#years.first.add(short.first);
    if (short && short.last !== -1) this.#years.last.add(short.last);
    for (let order = 0; order < ms.length; order++) {
      const at = ms[order] ?? Number.NaN;
      const spans = this.#spans[order];
      if (spans) widen(short && new Date(at).getUTCFullYear() > this.#lastYear ? spans.ahead : spans.near, at);
    }
  }

  /** Whether the dates so far are all of one form of ISO 8601. */
  #formed(value: string): void {
    if (this.#odd !== null) return;
    this.#form ??= isoForm(value);
    if (this.#form === null || !hasIsoForm(value, this.#form)) this.#notIso(value);
  }

  #notIso(value: string): void {
    this.#odd ??= copy(value, ODD_CHARS_MAX);
  }

  #valueType(type: FieldGuess['type']['value']): ValueType {
    const all = this.#filled - this.#blank;
    if (all === 0) return 'empty';
    if (type === 'number' || type === 'date') return type;
    if (type === 'yes_no') return 'boolean';
    const sorts = [...this.#sorts.values()];
    // As text, "9" comes after "1000": of an identifier too that is to be told.
    if (type === 'identifier' && total(sorts.filter(({ formats }) => formats === EVERY_FORMAT)) >= this.#read * 0.9)
      return 'number';
    const { email, url } = this.#texts;
    if (email >= this.#frequent.looked * 0.9) return 'email';
    return url >= this.#frequent.looked * 0.9 ? 'url' : 'text';
  }

  /** The earliest and the latest date, in the order and century that were guessed. */
  #span({ order, century }: NonNullable<FieldGuess['date']>): { min?: string; max?: string } {
    const spans = this.#spans[DATE_ORDERS.indexOf(order.value)];
    if (!spans) return {};
    const shift = century.value === this.#century ? 0 : -100;
    const { near, ahead } = spans;
    const min = Math.min(this.#same.min, near.min, shiftYears(ahead.min, shift));
    const max = Math.max(this.#same.max, near.max, shiftYears(ahead.max, shift));
    return min <= max ? { min: iso(min), max: iso(max) } : {};
  }
}

const TOP = 20;

/**
 * What the sort of a plain number goes by: its formats; and of digits alone how many they are, for they may be a year, a day or an instant by that. Null for
 * everything else, and for a digit that says more (0 and 1, a leading zero): that is looked at closely.
 */
function plainKey(value: string): number | null {
  const formats = quickFormats(value)?.formats ?? 0;
  if (formats === 0) return null;
  if (formats !== EVERY_FORMAT) return value.length < INSTANT_CHARS ? formats : null;
  if (value.charCodeAt(0) === 45) return -formats;
  const { length } = value;
  if (length === 1) return value.charCodeAt(0) > 49 ? formats + 1 : null;
  return length < 4 ? formats + 1 : length > 4 && length < 8 ? formats + 2 : null;
}

/** 1709633472.5 is an instant too. */
const INSTANT_CHARS = 11;

/** Whether a date as `plainIsoMs` reads it is of the form: as it has digits where the form has places, the rest decides. */
function isAlike(value: string, form: string): boolean {
  if (value.length !== form.length || value[10] !== form[10] || value[16] !== form[16] || value[19] !== form[19]) return false;
  // 24:00 is the next day's 00:00, which comes before it as text.
  return !value.startsWith('24', 11);
}

function isZoned(iso: string): boolean {
  return iso.charCodeAt(iso.length - 1) === 90;
}

type Span = { min: number; max: number };

function span(): Span {
  return { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
}

function widen(span: Span, ms: number): void {
  if (ms < span.min) span.min = ms;
  if (ms > span.max) span.max = ms;
}

/** A text of its own: one that is cut out of a block keeps the whole block in memory. */
function copy(text: string, chars = text.length): string {
  return Buffer.from(text.slice(0, chars)).toString();
}

function iso(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
