/**
 * One condition of a rule, as people fill it in: a field, an operator that its type has, and what that compares with. What was typed for one operator or
 * field is kept for the next that has a place for it, and comes back when the first does. Pure.
 */
import { OPERATOR_WORDS, OPERATORS_OF, type Operator, type Where, type WhereCondition } from '#lib/core/values/conditions.ts';
import { wallClock } from '#lib/core/values/dates.ts';
import type { FieldType, Meaning } from '#lib/core/values/meaning.ts';
import { decimalText, isDecimal } from '#lib/core/values/numbers.ts';
import { valueReader } from '#lib/core/values/read-value.ts';

/** What a condition is asked of: a field, and what its values mean. */
export type AskedField = { name: string; meaning: Meaning };

/** What stands in the places of a condition; one that nobody filled in yet is absent. */
export type Operands = {
  text?: string;
  texts?: string[];
  exact?: boolean;
  number?: string;
  numbers?: Span;
  day?: string;
  dates?: Span;
  days?: number;
  on?: string;
};
type Span = { from: string; to: string };

/** Operators over several texts, and what a plan calls each: with `values` in the place of `value`. */
// biome-ignore format: a table
const OF_SEVERAL = {
  contains_any: 'contains', contains_none: 'contains_not', starts_with_any: 'starts_with', ends_with_any: 'ends_with',
} as const;
type OfSeveral = keyof typeof OF_SEVERAL;

/** What a person is offered between field and value. */
export type Asks = Operator | OfSeveral;

const SEVERAL = Object.entries(OF_SEVERAL) as [OfSeveral, Operator][];

/** What can be asked of a field of this type, in the order in which people are offered it. */
export function asksOf(type: FieldType): Asks[] {
  return OPERATORS_OF[type].flatMap((is) => [is, ...SEVERAL.flatMap(([asks, one]) => (one === is ? [asks] : []))]);
}

export function asksWords(asks: Asks): string {
  if (asks === 'contains_none') return 'contains none of';
  return asks in OF_SEVERAL ? `${OPERATOR_WORDS[OF_SEVERAL[asks as OfSeveral]]} any of` : OPERATOR_WORDS[asks as Operator];
}

/** What a condition asks. */
export function asksIn(condition: WhereCondition): Asks {
  if (condition.is === 'one_of' || !('values' in condition) || condition.values === undefined) return condition.is;
  return SEVERAL.find(([, is]) => is === condition.is)?.[0] ?? condition.is;
}

/** A condition on a field that nothing was said of yet: as its type is asked for most. `today` is a day: 2026-10-25. */
export function newCondition({ name, meaning: { type } }: AskedField, today: string): WhereCondition {
  return conditionOf(name, FIRST[type], type, {}, today);
}

const FIRST: Record<FieldType, Asks> = {
  ...{ text: 'contains', identifier: 'is', number: 'over', date: 'older_than', yes_no: 'yes' },
};

/** The condition that holds for this value of the field, or null where the value can't be read as what the field means. */
export function conditionFor({ name, meaning }: AskedField, text: string, timeZone: string): WhereCondition | null {
  const read = valueReader(meaning)(text);
  if (read === null) return null;
  if (meaning.number) {
    const value = decimalText(text, meaning.number);
    if (value !== null) return { field: name, is: 'equals', value };
  }
  if (typeof read === 'boolean') return { field: name, is: read ? 'yes' : 'no' };
  if (typeof read === 'object') {
    const ms = read.kind === 'instant' ? wallClock(timeZone)(read.ms) : read.ms;
    return { field: name, is: 'on', value: dayOf(ms) };
  }
  return typeof read === 'string' ? { field: name, is: 'one_of', values: [text] } : { field: name, is: 'empty' };
}

/** Whether the operator is one that values of the type can be asked with. A field that was once read as another type may have left one that is not. */
export function fits({ is }: WhereCondition, type: FieldType): boolean {
  return OPERATORS_OF[type].includes(is);
}

/** The condition with another operator. `kept` is what its places held before. */
export function withOperator(
  condition: WhereCondition,
  asks: Asks,
  type: FieldType,
  kept: Operands,
  today: string,
): WhereCondition {
  return conditionOf(condition.field, asks, type, { ...kept, ...operandsOf(condition) }, today);
}

/** The condition on another field: with the same operator where its type has that or one that says the same, and with what still fits of the rest. */
export function withField(
  condition: WhereCondition,
  { name, meaning: { type } }: AskedField,
  kept: Operands,
  today: string,
): WhereCondition {
  const asked = asksIn(condition);
  const offered = asksOf(type);
  const alike = ALIKE.find((group) => group.includes(asked)) ?? [];
  const asks = [asked, ...alike].find((one) => offered.includes(one)) ?? FIRST[type];
  return conditionOf(name, asks, type, { ...kept, ...operandsOf(condition) }, today);
}

/** Operators of different types that say the same. */
const ALIKE: readonly (readonly Asks[])[] = [
  ['is', 'equals', 'on'],
  ['is_not', 'not_equals'],
  ['over', 'after'],
  ['under', 'before'],
];

/** The condition with other values in its places. */
export function withOperands(condition: WhereCondition, change: Operands): WhereCondition {
  const { text, texts, exact, number, numbers, day, dates, days, on } = change;
  const next = {
    ...condition,
    ...(place(condition, 'value') ? pick({ value: text ?? number ?? day }) : {}),
    ...(place(condition, 'values') ? pick({ values: texts }) : {}),
    ...('from' in condition ? (numbers ?? dates) : {}),
    ...('days' in condition ? pick({ days, on }) : {}),
  } as WhereCondition & { exact?: boolean };
  if (exact === undefined) return next;
  const { exact: _, ...folded } = next;
  return (exact ? { ...folded, exact } : folded) as WhereCondition;
}

function place(condition: WhereCondition, name: 'value' | 'values'): boolean {
  return (condition as { value?: unknown; values?: unknown })[name] !== undefined;
}

function pick<Some extends object>(some: Some): Partial<Some> {
  return Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)) as Partial<Some>;
}

/** What a condition compares with, place by place. */
export function operandsOf(condition: WhereCondition): Operands {
  const exact = 'exact' in condition && condition.exact === true;
  if ('values' in condition && condition.values !== undefined) return { texts: condition.values, exact };
  if ('days' in condition) return { days: condition.days, on: condition.on };
  if ('from' in condition) {
    const { from, to } = condition;
    return isDay(from) ? { dates: { from, to } } : { numbers: { from, to } };
  }
  if (!('value' in condition) || condition.value === undefined) return {};
  const { is, value } = condition;
  if (OPERATORS_OF.number.includes(is)) return { number: value };
  if (OPERATORS_OF.date.includes(is)) return { day: value };
  return is === 'matches' ? { text: value } : { text: value, exact };
}

const DAYS_AT_FIRST = 90;

/** A condition with this operator, its places filled in as far as anything is known for them: a day is today where nothing else is. */
function conditionOf(field: string, is: Asks, type: FieldType, known: Operands, today: string): WhereCondition {
  const { text, texts, number, numbers, day, dates, days, on } = known;
  const exact = known.exact ? { exact: true } : {};
  const someTexts = texts ?? (text ? [text] : []);
  const someNumber = number ?? numbers?.from ?? (text !== undefined && isDecimal(text) ? text : '');
  const someDay = day ?? dates?.from ?? on ?? (text !== undefined && isDay(text) ? text : today);
  switch (is) {
    case 'empty':
    case 'not_empty':
    case 'yes':
    case 'no':
      return { field, is };
    case 'one_of':
      return { field, is, values: someTexts, ...exact };
    case 'contains_any':
    case 'contains_none':
    case 'starts_with_any':
    case 'ends_with_any':
      return { field, is: OF_SEVERAL[is], values: someTexts, ...exact };
    case 'between':
      return type === 'date'
        ? { field, is, ...(dates ?? { from: someDay, to: someDay }) }
        : { field, is, ...(numbers ?? { from: someNumber, to: '' }) };
    case 'older_than':
    case 'within_last':
      return { field, is, days: days ?? DAYS_AT_FIRST, on: on ?? today };
    case 'on':
    case 'before':
    case 'after':
      return { field, is, value: someDay };
    case 'equals':
    case 'not_equals':
    case 'over':
    case 'at_least':
    case 'under':
    case 'at_most':
      return { field, is, value: someNumber };
    case 'matches':
      return { field, is, value: text ?? '' };
    default:
      return { field, is, value: text ?? texts?.[0] ?? number ?? day ?? '', ...exact };
  }
}

/** What is still to be filled in: each place of a rule's conditions ("0.1.value") with what belongs there. */
export function toFillIn(where: Where): { path: string; message: string }[] {
  return where.flatMap((group, at) =>
    group.flatMap((condition, index) =>
      Object.entries(condition).flatMap(([place, value]) =>
        value === '' || (Array.isArray(value) && value.length === 0)
          ? [{ path: `${at}.${index}.${place}`, message: wantedIn(condition) }]
          : [],
      ),
    ),
  );
}

function wantedIn({ is }: WhereCondition): string {
  if (is === 'one_of') return 'Choose a value.';
  if (is === 'between' || OPERATORS_OF.number.includes(is)) return 'A number is needed.';
  return OPERATORS_OF.date.includes(is) ? 'A day is needed.' : 'A text is needed.';
}

/** The day that it is in a time zone. */
export function dayIn(timeZone: string, now: number): string {
  return dayOf(wallClock(timeZone)(now));
}

function dayOf(localMs: number): string {
  return new Date(localMs).toISOString().slice(0, 10);
}

/** Whether a text is a day as plans write it: 2026-10-25. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text);
}
