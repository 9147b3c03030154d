import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePlan, planSchema } from '#lib/steps/plans/parse-plan.ts';
import {
  percentOf,
  typedAddress,
  typedJson,
  typedName,
  typedNumber,
  typedNumberOr,
  typedPlan,
  typedShare,
  typedTimeZone,
} from './typed-value.ts';

const fault = expect.objectContaining({ fault: expect.any(String) });

describe('a number that was typed', () => {
  test.each(['', ' ', '-1', '1.5', 'three', '1e3', '0x10', '1,000', '257', '99999999999999999999', 'Infinity', 'NaN', '٣'])(
    '“%s” is no whole number from 0 to 256',
    (text) => {
      expect(typedNumber(text, { min: 0, max: 256 })).toEqual({ fault: 'A whole number, from 0 to 256.' });
    },
  );

  test.each([
    ['0', 0],
    [' 256 ', 256],
    ['007', 7],
  ])('“%s” is one', (text, value) => {
    expect(typedNumber(text, { min: 0, max: 256 })).toEqual({ value });
  });

  test('nothing typed is nothing, and only where there may be nothing', () => {
    expect(typedNumberOr('', null, { min: 1 })).toEqual({ value: null });
    expect(typedNumberOr('0', null, { min: 1 })).toEqual({ fault: 'A whole number, 1 or more.' });
    expect(typedNumberOr('9007199254740993', null, { min: 1 })).toEqual(fault);
  });

  test('half a request a second is neither none nor one', () => {
    const range = { min: 0.001, max: 100_000, whole: false };
    expect(typedNumberOr('0.5', null, range)).toEqual({ value: 0.5 });
    expect(typedNumberOr('.5', null, range)).toEqual(fault);
    expect(typedNumberOr('0,5', null, range)).toEqual(fault);
    expect(typedNumberOr('0', null, range)).toEqual(fault);
    expect(typedNumberOr('0.1000000000000000055', null, range)).toEqual(fault);
  });

  test('every number of a range reads back as itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (value) => {
        expect(typedNumber(String(value), { min: 0 })).toEqual({ value });
      }),
    );
  });
});

test('A share reads back as the percent that was typed', () => {
  for (let percent = 0; percent <= 10_000; percent += 1) {
    const text = String(percent / 100);
    const typed = typedShare(text);
    expect('value' in typed && percentOf(typed.value)).toBe(text);
  }
  expect(typedShare('101')).toEqual(fault);
});

test('A name is neither empty, nor cut, nor that of another', () => {
  expect(typedName(' to do ', 60, ['noise'])).toEqual({ value: 'to do' });
  expect(typedName('  ', 60)).toEqual(fault);
  expect(typedName('x'.repeat(61), 60)).toEqual({ fault: 'A name has at most 60 characters; this one has 61.' });
  expect(typedName('noise ', 60, ['noise'])).toEqual({ fault: '“noise” is named twice.' });
});

test('A time zone is one that Intl knows', () => {
  expect(typedTimeZone(' Europe/Rome ')).toEqual({ value: 'Europe/Rome' });
  expect(typedTimeZone('Europe/Room')).toEqual(fault);
  expect(typedTimeZone('')).toEqual(fault);
});

describe('JSON that was typed', () => {
  test.each(['', '{"a":', '{a: 1}', '[1,]', "{'a': 1}", 'undefined'])('%s is none', (text) => {
    expect(typedJson(text)).toEqual({ fault: expect.stringMatching(/^Not JSON: ./) });
  });

  test.each([
    ['{"a": 1, "a": 2}', '“a” is there twice in one object.'],
    ['{"a": 1, "\\u0061": 2}', '“a” is there twice in one object.'],
    ['[{"b": {"a": 1, "c": [], "a": 2}}]', '“a” is there twice in one object.'],
    ['{"__proto__": {"a": 1}}', '“__proto__” can’t be a key.'],
    ['{"id": 12345678901234567890}', '12345678901234567890 is more exact than a number can be. Put it in quotes.'],
    ['[9007199254740993]', '9007199254740993 is more exact than a number can be. Put it in quotes.'],
    ['1e999', '1e999 is more exact than a number can be. Put it in quotes.'],
    ['1e-999', '1e-999 is more exact than a number can be. Put it in quotes.'],
  ])('%s would lose something', (text, lost) => {
    expect(typedJson(text)).toEqual({ fault: lost });
  });

  test.each([
    ['{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}', { a: { a: 1 }, b: [{ a: 1 }, { a: 2 }] }],
    ['{"a": "a", "b": "{\\"a\\": 12345678901234567890, \\"a\\":1}"}', { a: 'a', b: '{"a": 12345678901234567890, "a":1}' }],
    ['[1.50, 15e-1, -0.0, 0, 100, 1E2, 1e21, 9007199254740992]', [1.5, 1.5, -0, 0, 100, 100, 1e21, 9007199254740992]],
  ])('%s loses nothing', (text, value) => {
    expect(typedJson(text)).toEqual({ value });
  });

  test('whatever is written as JSON reads back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        expect(typedJson(JSON.stringify(value, null, 2))).toEqual({ value: JSON.parse(JSON.stringify(value)) });
      }),
      { numRuns: 500 },
    );
  });
});

test('A plan that was typed is parsed as the API parses it, and a fault says where', () => {
  const typed = (text: string) => typedPlan(text, planSchema);
  const plan = { classifier: { kind: 'rules', otherwise: 'a' }, categories: [{ name: 'a' }], chunking: { by: 'size' } };
  expect(typed(JSON.stringify(plan))).toEqual({ value: parsePlan(plan) });
  expect(typed('{}')).toEqual({ fault: expect.stringContaining('classifier') });
  expect(typed(JSON.stringify({ ...plan, more: 1 }))).toEqual(fault);
  expect(typed('{')).toEqual({ fault: expect.stringMatching(/^Not JSON/) });
});

test('an address that was typed names a person or nobody, and is told where it is none', () => {
  expect(typedAddress(' ada@firm.example ')).toEqual({ value: 'ada@firm.example' });
  expect(typedAddress('  ')).toEqual({ value: undefined });
  expect(typedAddress('ada')).toEqual({
    fault: 'This is not a mail address. Write the one with which a person here signs in.',
  });
  expect(typedAddress(`${'a'.repeat(300)}@firm.example`)).toEqual(fault);
});
