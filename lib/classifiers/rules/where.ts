/**
 * Conditions in rows: an *or* of *ands*. A condition has three values (Kleene): what can't be read as its field's type is unknown, and so is whatever depends
 * on it. An empty value of a number, a date or a yes or no is unknown too, but for `empty` and `not_empty`, which always know.
 */
import { OPERATOR_WORDS, OPERATORS_OF, type Where, type WhereCondition, whereInWords } from '#lib/core/values/conditions.ts';
import { DAY_MS } from '#lib/core/values/dates.ts';
import type { FieldType } from '#lib/core/values/meaning.ts';
import { nearest } from '#lib/core/values/nearest.ts';
import { compareDecimal, isDecimal } from '#lib/core/values/numbers.ts';
import { EMPTY, isBlank } from '#lib/core/values/read-value.ts';
import { type FieldValues, fold, type TypedFields, textIn } from './field-values.ts';
import { pattern, patternFault } from './pattern.ts';

/** null: unknown. @internal for its tests */
export type Truth = boolean | null;

type ItemFields = Readonly<Record<string, string>>;

export type CompiledWhere = {
  holds(fields: ItemFields): Truth;
  /** The fields for which it is unknown on this item, each once. */
  unknownFields(fields: ItemFields): string[];
  /** The fields that it reads. */
  fields: string[];
  /** What it asks, in plain words, where it is simple enough to say. */
  words: string | null;
};

/** `path` goes on after the rule's `where`: "0.1.is". */
export type WhereFault = { path: string; message: string };

/** Compiles the conditions of a rule against the fields and what they mean, or says everything that is wrong with them. */
export function compileWhere(groups: Where, fields: TypedFields): CompiledWhere | { faults: WhereFault[] } {
  const faults: WhereFault[] = [];
  const compiled = groups.map((group, at) =>
    group.flatMap((condition, index) => {
      const fault = (key: string, message: string) => {
        faults.push({ path: `${at}.${index}.${key}`, message });
      };
      const one = compileCondition(condition, fields, fault);
      return one ? [one] : [];
    }),
  );
  if (faults.length > 0) return { faults };
  return {
    holds: (item) => anyOf(compiled, (group) => holdsAll(group, item)),
    unknownFields(item) {
      const unknown = compiled.filter((group) => holdsAll(group, item) === null).flat();
      return [...new Set(unknown.filter(({ holds }) => holds(item) === null).map(({ field }) => field))];
    },
    fields: [...new Set(groups.flat().map(({ field }) => field))],
    words: whereInWords(groups),
  };
}

type Compiled = { field: string; holds(item: ItemFields): Truth };

function holdsAll(group: readonly Compiled[], item: ItemFields): Truth {
  let truth: Truth = true;
  for (const { holds } of group) {
    const one = holds(item);
    if (one === false) return false;
    if (one === null) truth = null;
  }
  return truth;
}

function anyOf<T>(all: readonly T[], holds: (one: T) => Truth): Truth {
  let truth: Truth = false;
  for (const one of all) {
    const held = holds(one);
    if (held === true) return true;
    if (held === null) truth = null;
  }
  return truth;
}

type Fault = (key: string, message: string) => void;

function compileCondition(condition: WhereCondition, { byName, names }: TypedFields, fault: Fault): Compiled | null {
  const values = byName.get(condition.field);
  if (!values) {
    fault('field', `there is no field “${condition.field}”.${nearest(condition.field, names)}`);
    return null;
  }
  const { type } = values.meaning;
  if (!OPERATORS_OF[type].includes(condition.is)) {
    fault('is', misfit(condition, type));
    return null;
  }
  const test = testOf(condition, values, fault);
  return test && { field: condition.field, holds: (item) => test(textIn(item, condition.field)) };
}

const TYPE_WORDS: Readonly<Record<FieldType, string>> = {
  text: 'text',
  identifier: 'codes, which are compared as text',
  number: 'numbers',
  date: 'dates',
  yes_no: 'yes or no',
};

function misfit({ field, is }: WhereCondition, type: FieldType): string {
  return `“${OPERATOR_WORDS[is]}” (${is}) does not fit “${field}”, which holds ${TYPE_WORDS[type]}. Choose one of: ${OPERATORS_OF[type].join(', ')}.`;
}

type Test = (text: string) => Truth;

/** What the condition asks of the field's text; null where it can't be asked, which `fault` was told. */
function testOf(condition: WhereCondition, values: FieldValues, fault: Fault): Test | null {
  if (condition.is === 'empty') return isBlank;
  if (condition.is === 'not_empty') return (text) => !isBlank(text);
  if (condition.is === 'yes' || condition.is === 'no') return ofYesNo(values, condition.is === 'yes');
  const { type } = values.meaning;
  if (type === 'number') return numberTest(condition, values, fault);
  if (type === 'date') return dateTest(condition, values, fault);
  return textTest(condition, values, fault);
}

function ofYesNo({ value }: FieldValues, asked: boolean): Test {
  return (text) => {
    const said = value(text);
    return typeof said === 'boolean' ? said === asked : null;
  };
}

function textTest(condition: WhereCondition, { folded }: FieldValues, fault: Fault): Test | null {
  if (condition.is === 'matches') return patternTest(condition.value, fault);
  const exact = 'exact' in condition && condition.exact === true;
  const seen = exact ? (text: string) => text : folded;
  const meant = exact ? (text: string) => text : fold;
  const values = wordsOf(condition).map(meant);
  const [value] = values;
  const among = new Set(values);
  switch (condition.is) {
    case 'is':
      return (text) => seen(text) === value;
    case 'is_not':
      return (text) => seen(text) !== value;
    case 'one_of':
      return (text) => among.has(seen(text));
    case 'contains':
      return (text) => values.some((word) => seen(text).includes(word));
    case 'contains_not':
      return (text) => !values.some((word) => seen(text).includes(word));
    case 'starts_with':
      return (text) => values.some((word) => seen(text).startsWith(word));
    case 'ends_with':
      return (text) => values.some((word) => seen(text).endsWith(word));
    default:
      return null;
  }
}

/** The texts that a condition compares with. */
function wordsOf(condition: WhereCondition): readonly string[] {
  if ('values' in condition && condition.values !== undefined) return condition.values;
  return 'value' in condition && condition.value !== undefined ? [condition.value] : [];
}

function patternTest(source: string, fault: Fault): Test | null {
  try {
    const compiled = pattern(source);
    return (text) => compiled.test(text);
  } catch (error) {
    fault('value', patternFault((error as Error).message) ?? "this pattern can't be read.");
    return null;
  }
}

function numberTest(condition: WhereCondition, { decimal }: FieldValues, fault: Fault): Test | null {
  /** The sign of the field's number less this one. */
  const against = (value: string): ((text: string) => number | null) => {
    const near = Number(value);
    return (text) => {
      const read = decimal(text);
      if (read === null || read === EMPTY) return null;
      // Rounding keeps the order, so that only what rounds to the same has to be compared digit by digit.
      const difference = Number(read) - near;
      return difference !== 0 && !Number.isNaN(difference) ? difference : compareDecimal(read, value);
    };
  };
  if (condition.is === 'between') {
    if (!bounds(condition, isDecimal, 'a number, written as in "-1234.5"', fault)) return null;
    if (compareDecimal(condition.from, condition.to) > 0) return turned(fault);
    return between(against(condition.from), against(condition.to));
  }
  if (!('value' in condition) || condition.value === undefined) return null;
  return ordered(NUMBER_ORDERS[condition.is as keyof typeof NUMBER_ORDERS], against(condition.value));
}

const NUMBER_ORDERS = {
  equals: (sign: number) => sign === 0,
  not_equals: (sign: number) => sign !== 0,
  over: (sign: number) => sign > 0,
  at_least: (sign: number) => sign >= 0,
  under: (sign: number) => sign < 0,
  at_most: (sign: number) => sign <= 0,
};

const DATE_ORDERS = {
  on: (sign: number) => sign === 0,
  before: (sign: number) => sign < 0,
  after: (sign: number) => sign > 0,
};

/** All of them ask for days: a value lies on the day that the clocks of the plan's zone showed. */
function dateTest(condition: WhereCondition, { day }: FieldValues, fault: Fault): Test | null {
  const against = (value: number) => (text: string) => {
    const read = day(text);
    return read === null || read === EMPTY ? null : read - value;
  };
  if (condition.is === 'between') {
    if (!bounds(condition, (text) => dayNumber(text) !== null, 'a day, written as in "2026-10-25"', fault)) return null;
    if (condition.from > condition.to) return turned(fault);
    return between(against(dayNumber(condition.from) ?? 0), against(dayNumber(condition.to) ?? 0));
  }
  if ('days' in condition) {
    const on = dayNumber(condition.on) ?? 0;
    const begin = against(on - condition.days);
    return condition.is === 'older_than' ? ordered(DATE_ORDERS.before, begin) : between(begin, against(on));
  }
  if (!('value' in condition) || condition.value === undefined) return null;
  return ordered(DATE_ORDERS[condition.is as keyof typeof DATE_ORDERS], against(dayNumber(condition.value) ?? 0));
}

/** The number of a day that is written YYYY-MM-DD, since 1 January 1970; null where it is none. */
export function dayNumber(text: string): number | null {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms / DAY_MS;
}

function ordered(holds: (sign: number) => boolean, against: (text: string) => number | null): Test {
  return (text) => {
    const sign = against(text);
    return sign === null ? null : holds(sign);
  };
}

function between(from: (text: string) => number | null, to: (text: string) => number | null): Test {
  return (text) => {
    const [one, other] = [from(text), to(text)];
    return one === null || other === null ? null : one >= 0 && other <= 0;
  };
}

function bounds(
  { from, to }: { from: string; to: string },
  fits: (text: string) => boolean,
  wanted: string,
  fault: Fault,
): boolean {
  const wrong = Object.entries({ from, to }).filter(([, text]) => !fits(text));
  for (const [key, text] of wrong) fault(key, `“${text}” is not ${wanted}.`);
  return wrong.length === 0;
}

function turned(fault: Fault): null {
  fault('from', 'nothing lies between these: the first is larger than the second.');
  return null;
}
