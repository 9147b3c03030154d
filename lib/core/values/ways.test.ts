import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyText } from '#test/any-text.ts';
import { atSize } from '#test/size.ts';
import { DATE_ORDERS } from './meaning.ts';
import { NUMBER_FORMATS } from './numbers.ts';
import { EMPTY, valueReader } from './read-value.ts';
import { waysOf } from './ways.ts';

const CENTURY = 1947;
const bits = fc.constantFrom(
  ...[
    '1',
    '2',
    '12',
    '13',
    '31',
    '2024',
    '24',
    '1709633472',
    '20240305',
    '234',
    '0',
    '00',
    '.',
    ',',
    '/',
    '-',
    ' ',
    ':',
    'T',
    'Z',
    '10:00',
    '%',
    '€',
    '(',
    ')',
    '\u00a0',
  ],
  ...['yes', 'no', 'x', 'März', 'Mar', '5 Mar 2024', '2024-03-05', '+0200', 'EST', 'am', 'USD', 'n/a', "'", 'e3', 'é', '\n'],
);
const texts = fc.oneof(
  { weight: 6, arbitrary: fc.array(bits, { minLength: 1, maxLength: 7 }).map((all) => all.join('')) },
  { weight: 1, arbitrary: anyText({ maxLength: 130 }) },
  { weight: 2, arbitrary: fc.stringMatching(/^\d{1,13}$/) },
);

test('the ways of a text are those in which the readers of values read it', () => {
  const numbers = NUMBER_FORMATS.map((number) => valueReader({ type: 'number', date: null, number }));
  const dates = DATE_ORDERS.map((order) =>
    valueReader({ type: 'date', number: null, date: { order, century: CENTURY, zone: 'local' } }),
  );
  const yesNo = valueReader({ type: 'yes_no', date: null, number: null });
  const read = (value: unknown) => value !== null && value !== EMPTY;
  fc.assert(
    fc.property(texts, (text) => {
      const ways = waysOf(text, CENTURY);
      numbers.forEach((reader, index) => {
        expect([text, 'number', index, (ways.formats & (1 << index)) !== 0]).toEqual([text, 'number', index, read(reader(text))]);
      });
      dates.forEach((reader, index) => {
        const value = reader(text) as { ms: number } | null;
        expect([text, 'date', index, ((ways.date?.orders ?? 0) & (1 << index)) !== 0]).toEqual([
          text,
          'date',
          index,
          read(value),
        ]);
        if (value !== null && read(value)) expect(ways.date?.ms[index]).toBe(value.ms);
      });
      expect([text, ways.yesNo]).toEqual([text, read(yesNo(text)) ? yesNo(text) : null]);
    }),
    { numRuns: atSize(800, 4_000) },
  );
});
