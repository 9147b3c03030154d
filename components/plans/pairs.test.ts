import { expect, test } from 'vitest';
import { freeName, numbersOf, renamed, without } from './pairs.ts';

test('a row keeps its place when its name changes, and takes nobody else with it when it goes', () => {
  const pairs = { a: 1, b: '{{x}}', c: null };
  expect(Object.entries(renamed(pairs, 'b', 'z'))).toEqual([
    ['a', 1],
    ['z', '{{x}}'],
    ['c', null],
  ]);
  expect(without(pairs, 'b')).toEqual({ a: 1, c: null });
  expect(freeName('b', Object.keys(pairs))).toBe('b 2');
  expect(freeName('b', ['b', 'b 2'])).toBe('b 3');
});

test('numbers are read whole, or not at all', () => {
  expect(numbersOf(' 200, 201 ')).toEqual({ value: [200, 201] });
  expect(numbersOf('  ')).toEqual({ value: null });
  for (const text of ['2xx', '200,', '-1', '1.5', '9'.repeat(20)]) expect(numbersOf(text)).toHaveProperty('fault');
});
