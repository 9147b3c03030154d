/** What can be asked of a field's value, by the type of the field: the conditions of rules, as plans hold them and as people read them. */
import { z } from 'zod';
import { CONDITION_VALUES_MAX, CONDITIONS_MAX, TEMPLATE_CHARS_MAX } from '#lib/core/limits.ts';
import type { FieldType } from './meaning.ts';
import { isDecimal } from './numbers.ts';

const EQUAL_OPERATORS = ['is', 'is_not'] as const;
const WORD_OPERATORS = ['contains', 'contains_not', 'starts_with', 'ends_with'] as const;
const NUMBER_OPERATORS = ['equals', 'not_equals', 'over', 'at_least', 'under', 'at_most'] as const;
const DATE_OPERATORS = ['on', 'before', 'after'] as const;
const SPAN_OPERATORS = ['older_than', 'within_last'] as const;
const BARE_OPERATORS = ['empty', 'not_empty', 'yes', 'no'] as const;

export type Operator =
  | (typeof EQUAL_OPERATORS)[number]
  | (typeof WORD_OPERATORS)[number]
  | (typeof NUMBER_OPERATORS)[number]
  | (typeof DATE_OPERATORS)[number]
  | (typeof SPAN_OPERATORS)[number]
  | (typeof BARE_OPERATORS)[number]
  | 'one_of'
  | 'matches'
  | 'between';

const AS_TEXT: readonly Operator[] = [...EQUAL_OPERATORS, ...WORD_OPERATORS, 'one_of', 'matches', 'empty', 'not_empty'];

/** The operators that fit each type of field, in the order in which people are offered them. */
export const OPERATORS_OF: Readonly<Record<FieldType, readonly Operator[]>> = {
  text: AS_TEXT,
  identifier: AS_TEXT,
  number: [...NUMBER_OPERATORS, 'between', 'empty', 'not_empty'],
  date: [...DATE_OPERATORS, 'between', ...SPAN_OPERATORS, 'empty', 'not_empty'],
  yes_no: ['yes', 'no', 'empty'],
};

const field = z.string().min(1, 'A condition needs a field.').max(500);
const text = z.string().max(TEMPLATE_CHARS_MAX);
const texts = z
  .array(text)
  .min(1, 'A condition needs a value.')
  .max(CONDITION_VALUES_MAX, `A condition has at most ${CONDITION_VALUES_MAX.toLocaleString('en-US')} values.`);
const exact = z.boolean().optional().describe('true: byte for byte. Left out: in any case, and in Unicode form NFC.');
const decimal = z
  .string()
  .refine(isDecimal, 'A number is written with digits and a point, as in "-1234.5".')
  .describe('A decimal, as in "-1234.5".');
const day = z.iso.date('A day is written YYYY-MM-DD, as in "2026-10-25".');
const bound = z
  .union([decimal, day], 'This is neither a number, as in "-1234.5", nor a day, as in "2026-10-25".')
  .describe('A number, or a day. It is between too.');
const DAYS_MAX = 100_000;

const condition = z.discriminatedUnion(
  'is',
  [
    z.strictObject({ field, is: z.enum(EQUAL_OPERATORS), value: text, exact }),
    z
      .strictObject({
        field,
        is: z.enum(WORD_OPERATORS),
        value: text.optional(),
        values: texts.optional().describe('Several texts in the place of `value`: any of them, or with contains_not none.'),
        exact,
      })
      .refine(({ value, values }) => (value === undefined) !== (values === undefined), {
        path: ['value'],
        message: 'This condition has either `value` or `values`.',
      }),
    z.strictObject({ field, is: z.literal('one_of'), values: texts, exact }),
    z.strictObject({ field, is: z.literal('matches'), value: text.describe('A pattern (RE2).') }),
    z.strictObject({ field, is: z.enum(NUMBER_OPERATORS), value: decimal }),
    z.strictObject({ field, is: z.enum(DATE_OPERATORS), value: day.describe('A day of the time zone of the plan.') }),
    z.strictObject({
      field,
      is: z.literal('between'),
      from: bound,
      to: bound,
    }),
    z.strictObject({
      field,
      is: z.enum(SPAN_OPERATORS),
      days: z.int().min(0).max(DAYS_MAX),
      on: day.describe('The day from which the days are counted back.'),
    }),
    z.strictObject({ field, is: z.enum(BARE_OPERATORS) }),
  ],
  {
    error: ({ code, input }) => {
      if (code !== 'invalid_union') return undefined;
      const { is } = (input ?? {}) as { is?: unknown };
      const known = [...new Set(Object.values(OPERATORS_OF).flat())].join(', ');
      return typeof is === 'string'
        ? `There is no operator “${is}”. Choose one of: ${known}.`
        : `A condition needs \`is\`. Choose one of: ${known}.`;
    },
  },
);

/** An *or* of groups, each an *and* of conditions. */
export const where = z
  .array(
    z
      .array(condition)
      .min(1, 'A group needs a condition.')
      .max(CONDITIONS_MAX, `A group has at most ${CONDITIONS_MAX} conditions.`),
  )
  .min(1, 'A rule needs a group of conditions.')
  .max(CONDITIONS_MAX, `A rule has at most ${CONDITIONS_MAX} groups of conditions.`)
  .describe('Version 2. Groups of conditions: one group has to hold, and of it every condition.');

export type WhereCondition = z.infer<typeof condition>;
export type Where = z.infer<typeof where>;

/** What an operator is called between its field and its value. */
export const OPERATOR_WORDS: Readonly<Record<Operator, string>> = {
  is: 'is',
  is_not: 'is not',
  contains: 'contains',
  contains_not: 'does not contain',
  starts_with: 'starts with',
  ends_with: 'ends with',
  one_of: 'is any of',
  matches: 'matches',
  equals: 'is',
  not_equals: 'is not',
  over: 'is over',
  at_least: 'is at least',
  under: 'is under',
  at_most: 'is at most',
  between: 'is between',
  on: 'is on',
  before: 'is before',
  after: 'is after',
  older_than: 'is older than',
  within_last: 'is within the last',
  yes: 'is yes',
  no: 'is no',
  empty: 'is empty',
  not_empty: 'is not empty',
};

const WORDS_MAX = 140;
const LISTED_MAX = 6;

/** "Amount is over 1000 and Status is any of open, new"; null where it would be too long, or does not say which comes first. */
export function whereInWords(groups: Where): string | null {
  if (groups.length > 1 && groups.some((group) => group.length > 1)) return null;
  const words = groups.map((group) => group.map(conditionInWords).join(' and ')).join(' or ');
  return words.length <= WORDS_MAX ? words : null;
}

function conditionInWords(one: WhereCondition): string {
  const begin = `${one.field} ${OPERATOR_WORDS[one.is]}`;
  if ('values' in one && one.values !== undefined) {
    const rest = one.values.length - LISTED_MAX;
    const any = one.is === 'one_of' ? '' : 'any of ';
    return `${begin} ${any}${one.values.slice(0, LISTED_MAX).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  }
  if ('days' in one) return `${begin} ${one.days} ${one.days === 1 ? 'day' : 'days'} on ${one.on}`;
  if ('from' in one) return `${begin} ${one.from} and ${one.to}`;
  return 'value' in one && one.value !== undefined ? `${begin} ${one.value === '' ? 'empty' : one.value}` : begin;
}
