import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyText } from '#test/any-text.ts';
import { atSize } from '#test/size.ts';
import type { NumberFormat } from './meaning.ts';
import { compareDecimal, decimalText, isDecimal, NUMBER_FORMATS, numberFormatsOf } from './numbers.ts';

const US: NumberFormat = { decimal: '.', group: ',' };
const DE: NumberFormat = { decimal: ',', group: '.' };
const FR: NumberFormat = { decimal: ',', group: ' ' };
const CH: NumberFormat = { decimal: '.', group: "'" };
const BARE: NumberFormat = { decimal: '.', group: '' };

test.each<[string, NumberFormat, string | null]>([
  // groups
  ['1,234,567', US, '1234567'],
  ['1234567', US, '1234567'],
  ['12,34', US, null],
  ['1234,567', US, null],
  ['1,2345', US, null],
  ['1,,234', US, null],
  [',234', US, null],
  ['12,34,567', US, '1234567'],
  ['1,23,45,678.90', US, '12345678.90'],
  ['1,23,4567', US, null],
  ['12.34.567', DE, null],
  ['1.234.567,89', DE, '1234567.89'],
  ['1.234', DE, '1234'],
  ['1.234', US, '1.234'],
  ['1.234,5', US, null],
  ['1,234', BARE, null],
  ['1 234 567,5', FR, '1234567.5'],
  ['1\u00a0234\u202f567\u2009890', FR, '1234567890'],
  ['1  234', FR, null],
  ["1'234.50", CH, '1234.50'],
  ['1’234', CH, '1234'],
  ['1,234', { decimal: ',', group: ',' }, '1.234'],
  // parts and exponents
  ['.5', US, '0.5'],
  [',5', DE, '0.5'],
  ['5.', US, null],
  ['0.10', US, '0.10'],
  ['1e6', US, '1000000'],
  ['1.5E-3', US, '0.0015'],
  ['1,5e2', DE, '150'],
  ['1e400', US, null],
  ['1e-400', US, null],
  ['0e-400', US, '0'],
  ['1e', US, null],
  // signs
  ['-5', US, '-5'],
  ['5-', US, '-5'],
  ['−5', US, '-5'],
  ['–1,234.5', US, '-1234.5'],
  ['+5', US, '5'],
  ['-0', US, '0'],
  ['-0.00', US, '0.00'],
  ['(1,234)', US, '-1234'],
  ['( 5 )', US, '-5'],
  ['(-5)', US, null],
  ['(5', US, null],
  ['5)', US, null],
  ['--5', US, null],
  ['-5-', US, null],
  // units
  ['45%', US, '45'],
  ['45,5 %', DE, '45.5'],
  ['-45 %', US, '-45'],
  ['45%%', US, null],
  ['45‰', US, null],
  ['$1,234.50', US, '1234.50'],
  ['-$5', US, '-5'],
  ['$-5', US, '-5'],
  ['($5)', US, '-5'],
  ['$(5)', US, '-5'],
  ['1.234,00 €', DE, '1234.00'],
  ['€ 5', US, '5'],
  ['EUR 5', US, '5'],
  ['5 EUR', US, '5'],
  ['$5.00 USD', US, '5.00'],
  ['US$ 5', US, '5'],
  ['CHF 1’234.50', CH, '1234.50'],
  ['5 kr.', US, '5'],
  ['Rs.500', US, '500'],
  ['5 kg', US, null],
  ['5 eur', US, null],
  ['$%5', US, null],
  ['12k', US, null],
  // what is no number
  ['007', US, null],
  ['00', US, null],
  ['0,123', US, null],
  ['00.5', US, null],
  ['0', US, '0'],
  ['9007199254740991', US, '9007199254740991'],
  ['9007199254740992', US, null],
  ['12345678901234567890', US, null],
  ['9007199254740993.5', US, null],
  ['1234567890123456.789', US, '1234567890123456.789'],
  ['1-2', US, null],
  ['555-1234', US, null],
  ['1/2', US, null],
  ['1_000', US, null],
  ['0x1f', US, null],
  ['NaN', US, null],
  ['Infinity', US, null],
  ['٣', US, null],
  ['1\n2', US, null],
  ['', US, null],
  ['-', US, null],
  [`1${'0'.repeat(200)}`, US, null],
])('%j in %j is %j', (text, format, decimal) => {
  expect(decimalText(text, format)).toBe(decimal);
});

const formats = fc.constantFrom(...NUMBER_FORMATS);
const decimals = fc
  .tuple(fc.boolean(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), fc.option(fc.stringMatching(/^\d{1,9}$/)))
  .map(([negative, whole, part]) => {
    const plain = part === null ? `${whole}` : `${whole}.${part}`;
    return negative && /[1-9]/.test(plain) ? `-${plain}` : plain;
  });
const SPACES = [' ', '\u00a0', '\u202f', '\u2009', '\u2007'];

/** A plain decimal as people write it in a format. */
function written(decimal: string, { decimal: point, group }: NumberFormat, space: string, grouped: boolean): string {
  const [, sign = '', whole = '', part] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  const between = group === ' ' ? space : group;
  return `${sign}${grouped ? whole.replace(/\B(?=(\d{3})+$)/g, between) : whole}${part === undefined ? '' : point + part}`;
}

test('what is written in a format is read back in it, digit for digit, whatever stands around it', () => {
  const around = fc.constantFrom<[string, string]>(['', ''], [' ', '\u00a0'], ['€', ''], ['', ' EUR'], ['', '%'], ['US$ ', '']);
  fc.assert(
    fc.property(
      decimals,
      formats,
      fc.constantFrom(...SPACES),
      fc.boolean(),
      around,
      (decimal, format, space, grouped, [a, b]) => {
        const text = written(decimal, format, space, grouped);
        expect(decimalText(a + text + b, format)).toBe(decimal);
        const absolute = decimal.replace('-', '');
        if (decimal.startsWith('-')) {
          expect(decimalText(`(${a}${text.slice(1)}${b})`, format)).toBe(decimal);
          expect(decimalText(`${text.slice(1)}${b}-`, format)).toBe(decimal);
        } else expect(decimalText(`+${text}`, format)).toBe(absolute);
      },
    ),
    { numRuns: atSize(100, 500) },
  );
});

const pieces = fc.constantFrom(
  ...'0123456789'.split(''),
  '1',
  '000',
  '234',
  '.',
  ',',
  ' ',
  '\u00a0',
  "'",
  '’',
  '-',
  '+',
  '(',
  ')',
  '%',
  '€',
  'e',
  'E',
  'USD',
  'kr.',
  'x',
);
const numberish = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
  anyText({ maxLength: 40 }),
  decimals.chain((decimal) => formats.map((format) => written(decimal, format, ' ', true))),
);

test('any text is read or refused, and never as a number whose digits it does not have', () => {
  fc.assert(
    fc.property(numberish, formats, (text, format) => {
      const decimal = decimalText(text, format);
      if (decimal === null) return;
      expect(decimal).toMatch(/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/);
      expect(isDecimal(decimal)).toBe(true);
      expect(Number.isFinite(Number(decimal))).toBe(true);
      if (!/e/i.test(text.replace(/euros?/gi, '')))
        expect(decimal.replace(/\D/g, '').replace(/^0+/, '')).toBe(text.replace(/\D/g, '').replace(/^0+/, ''));
    }),
    { numRuns: atSize(400, 2_000) },
  );
});

test('the formats of a text are those that read it', () => {
  fc.assert(
    fc.property(numberish, (text) => {
      const { formats: bits } = numberFormatsOf(text);
      NUMBER_FORMATS.forEach((format, index) => {
        expect([text, format, (bits & (1 << index)) !== 0]).toEqual([text, format, decimalText(text, format) !== null]);
      });
    }),
    { numRuns: atSize(600, 3_000) },
  );
});

test.each([
  ['0.1', '0.10', 0],
  ['0.30000000000000004', '0.3', 1],
  ['9007199254740993', '9007199254740992', 1],
  ['-1', '1', -1],
  ['-2', '-1', -1],
  ['-1.5', '-1.49', -1],
  ['0', '-0.00', 0],
  ['10', '9', 1],
  ['1000', '1000.0', 0],
])('%s compared with %s is %i', (one, other, sign) => {
  expect(Math.sign(compareDecimal(one, other))).toBe(sign);
  expect(Math.sign(compareDecimal(other, one))).toBe(sign === 0 ? 0 : -sign);
});

test('decimals are compared as the numbers that they are, beyond what a double holds', () => {
  const scaled = (decimal: string): bigint => {
    const [whole = '', part = ''] = decimal.split('.');
    return BigInt(whole.replace('-', '') + part.padEnd(9, '0')) * (decimal.startsWith('-') ? -1n : 1n);
  };
  fc.assert(
    fc.property(decimals, decimals, (one, other) => {
      const difference = scaled(one) - scaled(other);
      expect(Math.sign(compareDecimal(one, other))).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
    }),
  );
});
