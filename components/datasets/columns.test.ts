import { expect, test } from 'vitest';
import { columnsOf, tracksOf } from './columns.ts';

const field = (name: string) => ({ name, label: name });
const rows = (...values: string[]) => values.map((value) => ({ fields: { x: value } }));
const widthOf = (values: string[], name = 'x') => columnsOf([{ name: 'x', label: name }], rows(...values))[0]?.width ?? 0;

test('a column is as wide as most of its values and its name need, within bounds', () => {
  expect(widthOf(['1', '2'])).toBe(56);
  expect(widthOf(['2026-12-31', '2026-12-30'])).toBe(104);
  expect(widthOf(['y'], 'Owner of the account')).toBeGreaterThan(160);
  expect(widthOf(['x'.repeat(5_000)])).toBe(360);
  expect(widthOf([])).toBe(56);
  // One long value of twenty does not make a wide column.
  expect(widthOf([...Array.from({ length: 19 }, () => '2026-12-31'), 'x'.repeat(90)])).toBe(104);
});

test('a moment is as wide as it is drawn', () => {
  expect(widthOf(['2026-12-31T22:59:58.123Z'])).toBe(widthOf(['2026-12-31 23:59']));
  expect(widthOf(['2026-12-31T22:59:58'])).toBeGreaterThan(widthOf(['2026-12-31 23:59']));
});

test('characters of East Asia are twice as wide', () => {
  expect(widthOf(['名前名前名前'])).toBe(widthOf(['abcdefabcdef']));
});

test('texts share the room that is left; without one it stays on the right', () => {
  const columns = columnsOf([field('x'), field('y')], rows('x'.repeat(80)));
  expect(tracksOf(columns)).toBe('minmax(360px, 360fr) 56px');
  expect(tracksOf(columnsOf([field('y')], []))).toBe('56px 1fr');
});

test('a row without the field, or with one that objects have, is no value', () => {
  expect(columnsOf([field('constructor')], [{ fields: {} }])[0]?.width).toBeLessThan(140);
});
