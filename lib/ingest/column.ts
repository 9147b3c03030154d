/**
 * One field of a file while it streams by: its values sorted by the ways in which they can be read, so that what it means can be said at the end, exactly,
 * without a second look at any value. Bounded, whatever the file.
 */

import { type DateWays, hasIsoForm, isoForm, plainIsoMs, shiftYears } from '#lib/core/values/dates.ts';
import { LINES_MAX } from '#lib/core/values/guess.ts';
import { centuryBefore } from '#lib/core/values/guess-dates.ts';
import { DATE_ORDERS, type FieldGuess } from '#lib/core/values/meaning.ts';
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
export const READ_AT_LEAST = 20_000;
const TYPED_SHARE = 0.5;
/** Texts whose sort is remembered, as long as most values are among them. */
const REMEMBERED_MAX = 1_000;
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
  /** by order: the earliest and latest date; and of the years of two digits that lie ahead, which may be a century earlier */
  readonly #spans = DATE_ORDERS.map(() => ({ near: span(), ahead: span() }));
  #wholeSort: Sort | null = null;
  #longSort: Sort | null = null;
  #isoSort: Sort | null = null;
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
    if (this.#read === READ_AT_LEAST) this.#reading = this.#isTyped();
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

  /** The sort of a value that is like the ones before it: a whole number, or a date of ISO 8601 in the same form. */
  #quickSort(value: string): Sort | null {
    if (this.#isoSort !== null && this.#odd === null && value.length === this.#form?.length) {
      const ms = plainIsoMs(value);
      if (Number.isNaN(ms) || !hasIsoForm(value, this.#form)) return null;
      for (const { near } of this.#spans) widen(near, ms);
      return this.#isoSort;
    }
    const sort = value.length > LONG_DIGITS ? this.#longSort : this.#wholeSort;
    if (sort === null || !isWhole(value)) return null;
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
    if (isWhole(value) && sort.long) this.#longSort = sort;
    else if (isWhole(value)) this.#wholeSort = sort;
    if (this.#odd === null && !Number.isNaN(plainIsoMs(value))) this.#isoSort = sort;
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

  #dated(value: string, { ms, short }: DateWays): void {
    if (this.#odd === null) {
      this.#form ??= isoForm(value);
      if (this.#form === null || !hasIsoForm(value, this.#form)) this.#notIso(value);
    }
    if (short && short.first !== -1) this.#years.first.add(short.first);
    if (short && short.last !== -1) this.#years.last.add(short.last);
    for (let order = 0; order < ms.length; order++) {
      const at = ms[order] ?? Number.NaN;
      const spans = this.#spans[order];
      if (spans) widen(short && new Date(at).getUTCFullYear() > this.#lastYear ? spans.ahead : spans.near, at);
    }
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
    const min = Math.min(near.min, shiftYears(ahead.min, shift));
    const max = Math.max(near.max, shiftYears(ahead.max, shift));
    return min <= max ? { min: iso(min), max: iso(max) } : {};
  }
}

const TOP = 20;
/** a whole number of more digits has thousands */
const LONG_DIGITS = 3;

/** Whether a text is a whole number and nothing else: of these lengths, digits are neither a year nor a day nor an instant. */
function isWhole(text: string): boolean {
  const { length } = text;
  if (length > 7 || length === 4 || length === 0 || (length > 1 && text.charCodeAt(0) === 48)) return false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  // 0 and 1 are yes and no as well.
  return length > 1 || text.charCodeAt(0) > 49;
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
