import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shownDecimal, typedDecimal, understoodWords } from './decimal-text.ts';

const LOCALES = ['de', 'en-US', 'fr', 'de-CH', 'es', 'en-IN', 'pl', 'ar', 'sv'];

test.each([
  ['de', '1.234,56', '1234.56', null],
  ['de', '1.000', '1000', 'Read as 1000, not as 1.'],
  ['de', '1.234', '1234', 'Read as 1234, not as 1,234.'],
  ['de', '1234', '1234', null],
  ['de', '1,5', '1.5', null],
  ['de', '1,234.56', '1234.56', null],
  ['de', '12.34', '12.34', null],
  ['de', '-1.234.567,8', '-1234567.8', null],
  ['en-US', '1,234.56', '1234.56', null],
  ['en-US', '1.234', '1.234', 'Read as 1.234, not as 1234.'],
  ['en-US', '1,234', '1234', 'Read as 1234, not as 1.234.'],
  ['en-US', '1.234,56', '1234.56', null],
  ['en-US', '0.500', '0.500', null],
  ['en-US', '−3', '-3', null],
  ['en-US', '-0', '0', null],
  ['en-US', '.5', '0.5', null],
  ['en-US', '5 %', '5', null],
  ['en-US', '0.12345678901234567890', '0.12345678901234567890', null],
  ['fr', '1 234,5', '1234.5', null],
  ['fr', '1\u202f234', '1234', null],
  ['de-CH', "1'234.5", '1234.5', null],
  ['de-CH', '1’234', '1234', null],
  ['en-IN', '12,34,567.8', '1234567.8', null],
] as const)('Somebody whose language is %s types %s and means %s', (locale, text, value, words) => {
  expect(typedDecimal(text, locale)).toEqual({ value });
  expect(understoodWords(text, locale)).toBe(words);
});

test.each([
  ['en-US', ''],
  ['en-US', '-'],
  ['en-US', '1,23'.repeat(2)],
  ['en-US', '1..5'],
  ['en-US', '1.'],
  ['de', '1.23.456'],
  ['de', '1.234.56'],
  ['de', 'NaN'],
  ['de', '007'],
] as const)('For somebody whose language is %s, “%s” is no number', (locale, text) => {
  expect(typedDecimal(text, locale)).toEqual({ fault: expect.stringContaining('A number, such as 1') });
});

test('What a language has no rule for, and others read in two ways, is not guessed', () => {
  expect(typedDecimal('1.234', 'fr')).toEqual({ fault: 'This can be two numbers. Type 1,234 or 1234.' });
});

test('A number that is shown reads back as itself in the language that it is shown in, to the last digit', () => {
  const digits = fc.stringMatching(/^(0|[1-9]\d{0,14})(\.\d{1,12})?$/);
  fc.assert(
    fc.property(digits, fc.boolean(), fc.constantFrom(...LOCALES), (decimal, minus, locale) => {
      const value = minus && /[1-9]/.test(decimal) ? `-${decimal}` : decimal;
      expect(typedDecimal(shownDecimal(value, locale), locale)).toEqual({ value });
    }),
  );
});

test('Anything else is a fault or a decimal string, and never throws', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('1', '0', '.', ',', ' ', "'", '-', '\u00a0', 'x') }),
      fc.constantFrom(...LOCALES),
      (text, locale) => {
        const read = typedDecimal(text, locale);
        if ('value' in read) expect(read.value).toMatch(/^-?\d+(\.\d+)?$/);
      },
    ),
  );
});

test('What is no number is shown as it is', () => {
  expect(shownDecimal('about 5', 'de')).toBe('about 5');
});
