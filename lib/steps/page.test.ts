import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '#lib/core/limits.ts';
import { instantCursor, instantOf, limitOf, numbersCursor, pageOf, sequenceCursor } from './page.ts';

const INVALID = expect.objectContaining({ code: 'invalid' });

test.each([
  [undefined, PAGE_ITEMS_DEFAULT],
  [null, PAGE_ITEMS_DEFAULT],
  [1, 1],
  [PAGE_ITEMS_MAX + 1, PAGE_ITEMS_MAX],
])('a limit of %s is %i', (limit, read) => {
  expect(limitOf({ limit })).toBe(read);
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a limit of %s is refused', (limit) => {
  expect(() => limitOf({ limit })).toThrow(INVALID);
});

describe('a page', () => {
  test('shows what was asked for, and goes on after the last that it shows', () => {
    expect(pageOf([1, 2, 3], 2, (last) => last)).toEqual({ shown: [1, 2], next: '2' });
  });

  test('is the last one when no row more was found', () => {
    expect(pageOf([1, 2], 2, (last) => last)).toEqual({ shown: [1, 2], next: null });
    expect(pageOf([], 2, String)).toEqual({ shown: [], next: null });
  });

  test('may be short and yet have another after it', () => {
    expect(pageOf([1], 2, (last) => last, true)).toEqual({ shown: [1], next: '1' });
  });
});

test('what a page gave as its cursor is read as the place that it is', () => {
  const at = { createdAt: new Date('2026-02-03T04:05:06.789Z'), id: '00000000-0000-4000-8000-000000000001' };
  expect(instantCursor({ cursor: instantOf(at) })).toEqual({ ...at, createdAt: at.createdAt.toISOString() });
  expect(numbersCursor({ cursor: '3.41' }, 2)).toEqual([3, 41]);
  expect(sequenceCursor({ cursor: '12345678901234567' })).toBe(12_345_678_901_234_567n);
  expect([instantCursor({}), numbersCursor({ cursor: '' }, 2), sequenceCursor({ cursor: null })]).toEqual([null, [0, 0], null]);
});

test.each(['x', '-1', '1e3', ' 1', '1'.repeat(19)])('the cursor “%s” is refused by every list', (cursor) => {
  for (const read of [sequenceCursor, instantCursor, (input: { cursor: string }) => numbersCursor(input, 1)])
    expect(() => read({ cursor })).toThrow(INVALID);
});

test('no list makes its limit, its cursor or its next page by hand', () => {
  // What is on the shelf has its own: a dataset, an ordinal and a key.
  const lists = globSync('lib/steps/**/*.ts').filter((file) => !/\.test\.ts$|steps\/page\.ts$|shelf\/list-shelf\.ts$/.test(file));
  const byHand = lists.filter((file) =>
    /PAGE_ITEMS_(?:MAX|DEFAULT)|rows\.slice\(0, limit\)|\.length > limit\b/.test(readFileSync(file, 'utf8')),
  );
  expect(byHand).toEqual([]);
});
