import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ALL_ROWS, type RowsAsked, rowsAddress, rowsAsked, rowsInput, sortedNext, without, withValue } from './rows-address.ts';

const paramsOf = (address: string) => Object.fromEntries(new URL(address, 'http://x').searchParams);

test('an address says what it was made of, whatever the fields are called', () => {
  const word = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.isWellFormed());
  const asked: fc.Arbitrary<RowsAsked> = fc.record({
    search: fc.constantFrom('', 'invoice', 'a & b = c'),
    is: fc.uniqueArray(
      fc.record({
        field: fc.oneof(word, fc.constantFrom('q', '__proto__', 'is.x', 'a[b]')),
        value: fc.oneof(word, fc.constant('')),
      }),
      {
        selector: ({ field }) => field,
        maxLength: 4,
      },
    ),
    sort: fc.option(word),
    descending: fc.constant(false),
  });
  fc.assert(
    fc.property(asked, (given) => {
      const read = rowsAsked(paramsOf(rowsAddress('d', given)));
      const byField = (one: { field: string }, other: { field: string }) => (one.field < other.field ? -1 : 1);
      expect({ ...read, is: read.is.sort(byField) }).toEqual({ ...given, is: [...given.is].sort(byField) });
    }),
  );
});

test('nothing asked for is the plain address', () => {
  expect(rowsAddress('d', ALL_ROWS)).toBe('/datasets/d');
  expect(rowsAsked({ tab: 'rows', q: ' ', sort: '', is: 'x', 'is.': 'y' })).toEqual(ALL_ROWS);
  expect(rowsAsked({ q: ['one', 'two'] }).search).toBe('one');
  expect(rowsInput(ALL_ROWS)).toEqual({});
});

test('a press on a column sorts up, then down, then not at all', () => {
  const up = sortedNext(ALL_ROWS, 'a');
  const down = sortedNext(up, 'a');
  expect([up, down, sortedNext(down, 'a')].map(({ sort, descending }) => [sort, descending])).toEqual([
    ['a', false],
    ['a', true],
    [null, false],
  ]);
  expect(rowsInput(down)).toEqual({ sort: 'a', order: 'desc' });
  expect(sortedNext(down, 'b')).toMatchObject({ sort: 'b', descending: false });
});

test('a field is filtered by one value at a time', () => {
  const asked = withValue(withValue(withValue(ALL_ROWS, 'a', '1'), 'b', ''), 'a', '2');
  expect(asked.is).toEqual([
    { field: 'b', value: '' },
    { field: 'a', value: '2' },
  ]);
  expect(without(asked, 'a').is).toEqual([{ field: 'b', value: '' }]);
});
