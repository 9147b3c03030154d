import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPERATORS_OF, type WhereCondition, where } from '#lib/core/values/conditions.ts';
import { FIELD_TYPES, type FieldType, type Meaning, TEXT } from '#lib/core/values/meaning.ts';
import {
  asksIn,
  asksOf,
  asksWords,
  conditionFor,
  dayIn,
  fits,
  newCondition,
  type Operands,
  operandsOf,
  toFillIn,
  withField,
  withOperands,
  withOperator,
} from './condition.ts';

const TODAY = '2026-10-25';
const NUMBER: Meaning = { type: 'number', date: null, number: { decimal: ',', group: '.' } };
const DATE: Meaning = { type: 'date', date: { order: 'dmy', century: 1970, zone: 'local' }, number: null };
const YES_NO: Meaning = { type: 'yes_no', date: null, number: null };
const IDENTIFIER: Meaning = { type: 'identifier', date: null, number: null };
const MEANINGS: Record<FieldType, Meaning> = { text: TEXT, identifier: IDENTIFIER, number: NUMBER, date: DATE, yes_no: YES_NO };

const text = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('open', 'a, b', '1.234', '2026-01-01', '"', 'Ticket Subject'));
const decimal = fc.stringMatching(/^-?(0|[1-9]\d{0,8})(\.\d{1,4})?$/);
const day = fc.integer({ min: 0, max: 30_000 }).map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));
const field = fc.oneof(text, fc.constantFrom('Last Reply', 'a.b', '__proto__'));

/** Any whole condition, with the type of its field. */
const condition: fc.Arbitrary<{ type: FieldType; one: WhereCondition }> = fc
  .constantFrom(...FIELD_TYPES)
  .chain((type) => fc.record({ type: fc.constant(type), is: fc.constantFrom(...OPERATORS_OF[type]), field }))
  .chain(({ type, is, field: name }) =>
    fc
      .record({
        ...{ text, texts: fc.array(text, { minLength: 1, maxLength: 5 }), exact: fc.constantFrom(undefined, true) },
        ...{ decimal, day, other: fc.record({ decimal, day }), days: fc.nat({ max: 999 }), several: fc.boolean() },
      })
      .map(({ texts, exact, decimal: number, other, days, several, ...some }) => {
        const compared = type === 'number' ? number : type === 'date' ? some.day : some.text;
        const whole = {
          ...{ value: compared, values: texts, days, on: some.day, from: compared },
          ...{ to: type === 'date' ? other.day : other.decimal, ...(exact ? { exact } : {}) },
        };
        const one = [[], several ? ['values'] : ['value'], ['value'], ['values'], ['days', 'on'], ['from', 'to']].find(
          (places) => where.safeParse([[{ field: name, is, ...keep(whole, places) }]]).success,
        );
        const folds = is !== 'matches' && OPERATORS_OF.text.includes(is) && one !== undefined && one.length > 0;
        const places = [...(one ?? []), ...(folds ? ['exact'] : [])];
        return { type, one: { field: name, is, ...keep(whole, places) } as WhereCondition };
      }),
  );

function keep(whole: object, keys: string[]): object {
  return Object.fromEntries(Object.entries(whole).filter(([key]) => keys.includes(key)));
}

describe('a condition as it is filled in', () => {
  test('every condition is put together again of what its places hold: rows and a plan’s where are the same', () => {
    fc.assert(
      fc.property(condition, ({ type, one }) => {
        expect(where.safeParse([[one]]).error).toBeUndefined();
        expect(withOperator(one, asksIn(one), type, {}, TODAY)).toEqual(one);
        expect(withOperands(one, operandsOf(one))).toEqual(one);
        expect(fits(one, type)).toBe(true);
        expect(toFillIn([[one]])).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('nothing is lost when a field, its type or the operator changes, however often: the way back gives the same', () => {
    const step = fc.record({ type: fc.constantFrom(...FIELD_TYPES), at: fc.nat({ max: 30 }) });
    fc.assert(
      fc.property(condition, fc.array(step, { minLength: 1, maxLength: 6 }), ({ type, one }, steps) => {
        let now = one;
        let kept: Operands = {};
        const change = (next: WhereCondition) => {
          kept = { ...kept, ...operandsOf(now) };
          now = next;
        };
        for (const { type: to, at } of steps) {
          change(withField(now, { name: `a ${to}`, meaning: MEANINGS[to] }, kept, TODAY));
          expect(fits(now, to)).toBe(true);
          // Only what nobody typed yet may be missing of it.
          const missing = toFillIn([[now]]).length > 0;
          expect(where.safeParse([[now]]).success || missing).toBe(true);
          change(withOperator(now, asksOf(to)[at % asksOf(to).length] ?? 'empty', to, kept, TODAY));
          expect(fits(now, to)).toBe(true);
        }
        change(withField(now, { name: one.field, meaning: MEANINGS[type] }, kept, TODAY));
        change(withOperator(now, asksIn(one), type, kept, TODAY));
        expect(now).toEqual(one);
      }),
      { numRuns: 500 },
    );
  });

  test('what was taken back stays so: an exact comparison that is none any more does not return with another operator', () => {
    const exact: WhereCondition = { field: 'a', is: 'is', value: 'x', exact: true };
    const folded = withOperands(exact, { exact: false });
    expect(folded).toEqual({ field: 'a', is: 'is', value: 'x' });
    expect(withOperator(folded, 'contains', 'text', operandsOf(exact), TODAY)).toEqual({
      field: 'a',
      is: 'contains',
      value: 'x',
    });
  });

  test('a number kept under text comes back as it was, and an operator that says the same stays', () => {
    const over: WhereCondition = { field: 'Amount', is: 'over', value: '1000' };
    const on = { name: 'Last Reply', meaning: DATE };
    const after = withField(over, on, {}, TODAY);
    expect(after).toEqual({ field: 'Last Reply', is: 'after', value: TODAY });
    const back = withField(after, { name: 'Amount', meaning: NUMBER }, operandsOf(over), TODAY);
    expect(back).toEqual(over);
    const is = withField({ field: 'Amount', is: 'equals', value: '5' }, { name: 'Subject', meaning: TEXT }, {}, TODAY);
    expect(is).toEqual({ field: 'Subject', is: 'is', value: '5' });
    expect(withField(is, { name: 'Amount', meaning: NUMBER }, {}, TODAY)).toEqual({ field: 'Amount', is: 'equals', value: '5' });
    const word = withField({ field: 'Subject', is: 'is', value: 'open' }, { name: 'Amount', meaning: NUMBER }, {}, TODAY);
    expect(toFillIn([[word]])).toEqual([{ path: '0.0.value', message: 'A number is needed.' }]);
  });

  test('an operator that the field’s type no longer has is told, not changed', () => {
    const left: WhereCondition = { field: 'Amount', is: 'contains', value: '12' };
    expect(fits(left, 'text')).toBe(true);
    expect(fits(left, 'number')).toBe(false);
  });

  test('a new condition asks what its type is asked for most, with today filled in', () => {
    expect(newCondition({ name: 'Last Reply', meaning: DATE }, TODAY)).toEqual({
      ...{ field: 'Last Reply', is: 'older_than', days: 90, on: TODAY },
    });
    expect(toFillIn([[newCondition({ name: 'Amount', meaning: NUMBER }, TODAY)]])).toEqual([
      { path: '0.0.value', message: 'A number is needed.' },
    ]);
    expect(toFillIn([[newCondition({ name: 'a', meaning: TEXT }, TODAY)], [{ field: 'a', is: 'one_of', values: [] }]])).toEqual([
      { path: '0.0.value', message: 'A text is needed.' },
      { path: '1.0.values', message: 'Choose a value.' },
    ]);
  });

  test.each([
    [TEXT, 'open', { is: 'one_of', values: ['open'] }],
    [TEXT, '', { is: 'empty' }],
    [IDENTIFIER, '007', { is: 'one_of', values: ['007'] }],
    [NUMBER, '1.234,50', { is: 'equals', value: '1234.50' }],
    [NUMBER, 'about 5', null],
    [DATE, '03/04/2026', { is: 'on', value: '2026-04-03' }],
    [DATE, '2026-04-03T23:30:00Z', { is: 'on', value: '2026-04-04' }],
    [DATE, ' ', { is: 'empty' }],
    [YES_NO, 'ja', { is: 'yes' }],
    [YES_NO, 'No', { is: 'no' }],
  ])('a click on a profiled value asks for it as its field means it: %o, %s', (meaning, value, expected) => {
    const made = conditionFor({ name: 'a b', meaning }, value, 'Europe/Rome');
    expect(made).toEqual(expected && { field: 'a b', ...expected });
  });

  test('every operator of a plan is offered, and has words of its own in its list', () => {
    for (const type of FIELD_TYPES) {
      expect(asksOf(type)).toEqual(expect.arrayContaining([...OPERATORS_OF[type]]));
      expect(new Set(asksOf(type).map(asksWords)).size).toBe(asksOf(type).length);
    }
    expect(asksIn({ field: 'a', is: 'contains', values: ['x', 'y'] })).toBe('contains_any');
    expect(asksIn({ field: 'a', is: 'contains', value: 'x' })).toBe('contains');
  });

  test('today is the day of the time zone', () => {
    const late = Date.parse('2026-10-25T23:30:00Z');
    expect(dayIn('UTC', late)).toBe('2026-10-25');
    expect(dayIn('Europe/Rome', late)).toBe('2026-10-26');
    expect(dayIn('America/New_York', late)).toBe('2026-10-25');
  });
});
