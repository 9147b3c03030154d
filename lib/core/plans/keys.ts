/**
 * What the planner holds of a batch's items: one row of typed arrays per item and never an item's body, so that a million items
 * are planned in tens of megabytes. Dates are read and values numbered as they come in.
 */
import { civil, type ReadDate, readDate, TRUSTED_FROM_YEAR, wallClock } from '#lib/core/values/dates.ts';
import { type FieldMeanings, type Meaning, meaningIn } from '#lib/core/values/meaning.ts';
import { decimalText } from '#lib/core/values/numbers.ts';
import { EMPTY, isBlank, valueReader } from '#lib/core/values/read-value.ts';
import { readYesNo } from '#lib/core/values/yes-no.ts';
import type { Plan } from './plan.ts';

/** Why a date is not trusted; 0 where it is. */
export const DOUBT = { none: 0, empty: 1, unreadable: 2, tooEarly: 3, tooLate: 4, flagged: 5, ambiguous: 6 } as const;

export type Keys = {
  count: number;
  /** ascending */
  ordinals: Int32Array;
  /** wall-clock milliseconds in the plan's time zone, where `doubt` is 0 (only when chunked by time) */
  localMs: Float64Array;
  doubt: Uint8Array;
  /** an index into `values` (only when chunked by category) */
  valueIds: Int32Array;
  values: string[];
  /** what an action on the item would change; null where the fields are empty (only when the plan names resource fields) */
  resources: (string | null)[];
  /** the resource that has to come first (only when the plan names a depends-on field) */
  dependsOn: (string | null)[];
};

export type KeyCollector = {
  /** The fields whose values `add` wants, in this order. */
  fields: string[];
  /** Takes the next item; ordinals have to ascend. A missing value is null or ''. */
  add(ordinal: number, values: readonly (string | null | undefined)[]): void;
  finish(): Keys;
};

/** The value of items that have none in the field they are chunked by. */
export const NO_VALUE = '(none)';

/**
 * Collects what planning needs of every item.
 * @param now epoch milliseconds; dates after the next year are doubtful
 * @param meanings what the fields mean; null for a plan of version 1, which reads each date by itself and every other field as text
 */
export function collectKeys(
  plan: Plan,
  fieldNames: readonly string[],
  now: number,
  meanings: FieldMeanings | null = null,
): KeyCollector {
  const { chunking, independence } = plan;
  const fields: string[] = [];
  const want = (name: string): number => (fields.includes(name) ? fields.indexOf(name) : fields.push(name) - 1);
  const grouped = chunking.by === 'size' ? -1 : want(chunking.field);
  const doubtful =
    chunking.by === 'time' && fieldNames.includes(`${chunking.field}Doubtful`) ? want(`${chunking.field}Doubtful`) : -1;
  const resource = independence.resource.map(want);
  const depends = independence.dependsOn === null ? -1 : want(independence.dependsOn);

  const ordinals = growing(Int32Array);
  const localMs = growing(Float64Array);
  const doubt = growing(Uint8Array);
  const valueIds = growing(Int32Array);
  const ids = new Map<string, number>();
  const names: string[] = [];
  const resources: (string | null)[] = [];
  const dependsOn: (string | null)[] = [];
  const meaning = meanings === null || chunking.by === 'size' ? null : meaningIn(meanings, chunking.field);
  const dates = chunking.by === 'time' ? datesOnClock(chunking.timeZone, now, meaning) : null;
  const groupOf = chunking.by === 'category' && chunking.of === 'value' ? groupReader(meaning) : null;

  return {
    fields,
    add(ordinal, values) {
      const index = ordinals.length;
      if (index > 0 && ordinal <= ordinals.last())
        throw new Error(`Items have to come in the order of their ordinals: ${ordinal} came too late.`);
      ordinals.push(ordinal);
      const value = grouped === -1 ? '' : (values[grouped] ?? '');
      if (dates) {
        const flagged = doubtful !== -1 && isSaid(values[doubtful] ?? '', meaning !== null);
        const verdict = dates.read(value, flagged ? -1 : index);
        // What is wrong with the date itself says more than that somebody doubted it.
        doubt.push(flagged && (verdict === DOUBT.none || verdict === DOUBT.ambiguous) ? DOUBT.flagged : verdict);
        localMs.push(flagged ? Number.NaN : dates.ms);
      } else if (chunking.by === 'category') {
        const group = groupOf ? groupOf(value) : mailDomain(value);
        let id = ids.get(group);
        if (id === undefined) {
          id = ids.size;
          ids.set(group, id);
          // A number is called as it is written first.
          names.push(group.startsWith(NUMBER_GROUP) ? value.trim() : group);
        }
        valueIds.push(id);
      }
      if (resource.length > 0) resources.push(resourceOf(resource.map((at) => values[at] ?? '')));
      if (depends !== -1) dependsOn.push(values[depends] || null);
    },
    finish() {
      const keys: Keys = {
        count: ordinals.length,
        ordinals: ordinals.done(),
        localMs: localMs.done(),
        doubt: doubt.done(),
        valueIds: valueIds.done(),
        values: names,
        resources,
        dependsOn,
      };
      dates?.settle(keys);
      return keys;
    },
  };
}

/**
 * What an action on an item would change, from the values of the plan's resource fields; null where all are empty. Two items with
 * the same answer must not be worked on at the same time.
 */
function resourceOf(values: readonly string[]): string | null {
  if (values.every((value) => value === '')) return null;
  return values.length === 1 ? (values[0] ?? null) : JSON.stringify(values);
}

const ANGLE_ADDRESS = /<([^<>\s]*)>[^<>]*$/;
const DOMAIN = /@\s*\[?([^\s@,;<>()"'\]]+)/;

/** The lower-case domain of a mail address in a field's text ("Ann <a@x.org>" -> x.org), or "(none)". */
function mailDomain(text: string): string {
  const short = text.length > 1_000 ? text.slice(0, 1_000) : text;
  const address = ANGLE_ADDRESS.exec(short)?.[1] || short;
  const domain = DOMAIN.exec(address)?.[1]
    ?.toLowerCase()
    .replace(/(?<!\.)\.+$/, '');
  return domain ? domain : NO_VALUE;
}

/** Before a number, so that no text is the same. */
const NUMBER_GROUP = '\u0000number ';

/** The group of a value: texts as they stand; numbers and yes or no by what they say, so that 5 and 5.0 are one. What can't be read is its text. */
function groupReader(meaning: Meaning | null): (text: string) => string {
  if (meaning === null) return (text) => (text === '' ? NO_VALUE : text);
  const { type, number } = meaning;
  return (text) => {
    if (isBlank(text)) return NO_VALUE;
    const yesNo = type === 'yes_no' ? readYesNo(text) : null;
    if (yesNo !== null) return yesNo ? 'yes' : 'no';
    const decimal = type === 'number' && number ? decimalText(text, number) : null;
    if (decimal === null) return text;
    return NUMBER_GROUP + (decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal);
  };
}

const NO = /^(?:false|no|0|f|n)?$/i;

/** The companion field of a date holds the reason to doubt it, or a yes; nothing and no mean that there is none. */
function isSaid(value: string, typed: boolean): boolean {
  return typed ? !isBlank(value) && readYesNo(value) !== false : !NO.test(value.trim());
}

/**
 * Reads dates onto the zone's wall clock: as the field's meaning says. Without one each value is read by itself, and those written 03/04/2024 wait for the
 * column to show which part is the day.
 */
function datesOnClock(timeZone: string, now: number, meaning: Meaning | null) {
  const readTyped = meaning && valueReader(meaning);
  const read = (text: string): ReadDate | typeof EMPTY | null => {
    if (!readTyped) return text === '' ? EMPTY : readDate(text);
    const value = readTyped(text);
    return typeof value === 'object' || value === EMPTY ? value : null;
  };
  const toLocal = wallClock(timeZone);
  const lastYear = civil(toLocal(now)).year + 1;
  const judge = (ms: number): number => {
    const { year } = civil(ms);
    return year < TRUSTED_FROM_YEAR ? DOUBT.tooEarly : year > lastYear ? DOUBT.tooLate : DOUBT.none;
  };
  const open: { index: number; dayFirst: number; monthFirst: number }[] = [];
  let dayFirstSeen = false;
  let monthFirstSeen = false;
  // A million items are often of a few hundred days.
  const known = new Map<string, { ms: number; verdict: number }>();
  return {
    ms: Number.NaN,
    read(text: string, index: number): number {
      this.ms = Number.NaN;
      const before = known.get(text);
      if (before) {
        this.ms = before.ms;
        return before.verdict;
      }
      const date = read(text);
      if (date === EMPTY) return DOUBT.empty;
      if (date === null) return DOUBT.unreadable;
      if (date.kind === 'either') {
        // A date that is doubted anyway is not settled later (index -1).
        if (index !== -1) open.push({ index, dayFirst: date.dayFirst, monthFirst: date.monthFirst });
        return DOUBT.ambiguous;
      }
      if (date.kind === 'local' && !readTyped) {
        const order = slashOrder(text);
        dayFirstSeen ||= order === 'day first';
        monthFirstSeen ||= order === 'month first';
      }
      const ms = date.kind === 'instant' ? toLocal(date.ms) : date.ms;
      const verdict = judge(ms);
      if (verdict === DOUBT.none) this.ms = ms;
      if (known.size < KNOWN_DATES_MAX) known.set(text, { ms: this.ms, verdict });
      return verdict;
    },
    settle(keys: Keys): void {
      // Both orders in one column, or nothing that shows the order: then these stay doubtful.
      if (dayFirstSeen === monthFirstSeen) return;
      for (const { index, dayFirst, monthFirst } of open) {
        const ms = dayFirstSeen ? dayFirst : monthFirst;
        keys.doubt[index] = judge(ms);
        keys.localMs[index] = keys.doubt[index] === DOUBT.none ? ms : Number.NaN;
      }
    },
  };
}

const KNOWN_DATES_MAX = 10_000;

const SLASH_ORDER = /^\s*(\d{1,2})[/-](\d{1,2})[/-]\d{4}/;

/** Which order a date like 31/12/2024 shows; null where it shows none. */
function slashOrder(text: string): 'day first' | 'month first' | null {
  const parts = SLASH_ORDER.exec(text);
  if (!parts) return null;
  const [one, two] = [Number(parts[1]), Number(parts[2])];
  return one > 12 && two <= 12 ? 'day first' : two > 12 && one <= 12 ? 'month first' : null;
}

type Numbers = Int32Array | Float64Array | Uint8Array;

/** A typed array that doubles as it fills. */
function growing<T extends Numbers>(kind: new (length: number) => T) {
  let array = new kind(1024);
  let length = 0;
  return {
    get length() {
      return length;
    },
    last(): number {
      return array[length - 1] ?? Number.NaN;
    },
    push(value: number): void {
      if (length === array.length) {
        const larger = new kind(length * 2);
        larger.set(array);
        array = larger;
      }
      array[length++] = value;
    },
    done(): T {
      return array.subarray(0, length) as T;
    },
  };
}
