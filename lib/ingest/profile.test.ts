import { expect, test } from 'vitest';
import type { FieldProfile } from '#lib/shapes/datasets.ts';
import type { Item } from './port.ts';
import { Profile } from './profile.ts';
import { typeOf } from './value-type.ts';

const NOW = Date.UTC(2026, 10, 26);

const item = (...values: string[]): Item => ({ line: 1, values, raw: Buffer.alloc(0), plain: false });

function profileOf(names: string[], items: Item[]): FieldProfile[] {
  const profile = new Profile(NOW);
  profile.add(names, items);
  return profile.fields();
}

test.each([
  ['', 'empty'],
  ['   ', 'empty'],
  ['12', 'number'],
  ['-1,234.5', 'number'],
  ['12,5', 'number'],
  ['1e6', 'number'],
  ['45%', 'number'],
  ['-', 'text'],
  ['.', 'text'],
  ['00123', 'text'],
  ['0', 'number'],
  ['2024', 'number'],
  ['2024-02-30', 'text'],
  ['2024-02-29', 'date'],
  ['2024-02-29T10:00:00Z', 'date'],
  ['05/03/2024', 'date'],
  ['Mon, 05 Aug 2002 10:00:00 +0100', 'date'],
  ['March 5, 2024', 'date'],
  ['May contain nuts since 2024', 'text'],
  ['true', 'boolean'],
  ['No', 'boolean'],
  ['a@example.org', 'email'],
  ['3@example.org', 'email'],
  ['@home', 'text'],
  ['https://example.org/a?b', 'url'],
  ['see https://example.org', 'text'],
])('%j is %s', (value, type) => {
  expect(typeOf(value)).toBe(type);
});

test('a field has the type of nine in ten of its values', () => {
  const items = Array.from({ length: 20 }, (_, index) => item(index < 18 ? '1' : 'odd', index < 17 ? '1' : 'odd', ''));
  expect(profileOf(['a', 'b', 'c'], items).map(({ type, filled }) => [type, filled])).toEqual([
    ['number', 20],
    ['text', 20],
    ['empty', 0],
  ]);
});

test('counts the most frequent values exactly while there are few', () => {
  const items = Array.from({ length: 1000 }, (_, index) => item(index % 10 === 0 ? 'rare' : 'often'));
  const [field] = profileOf(['a'], items);
  expect(field).toMatchObject({
    exact: true,
    top: [
      { value: 'often', count: 900 },
      { value: 'rare', count: 100 },
    ],
  });
});

test('finds the frequent values among a million different ones, within a thousandth', () => {
  const profile = new Profile(NOW);
  const names = ['a', 'b'];
  const total = 200_000;
  for (let at = 0; at < total; at += 1000) {
    profile.add(
      names,
      Array.from({ length: 1000 }, (_, index) =>
        item((at + index) % 20 === 0 ? 'five percent' : `other ${at + index}`, `only ${at + index}`),
      ),
    );
  }
  const [field, unique] = profile.fields();
  expect(field?.exact).toBe(false);
  expect(field?.top[0]?.value).toBe('five percent');
  expect(Math.abs((field?.top[0]?.count ?? 0) / total - 0.05)).toBeLessThan(0.02);
  expect(unique).toMatchObject({ filled: total, exact: false, top: [] });
});

test('the span of a date field is that of all its values, and of no other field', () => {
  const items = ['2024-03-05', '2023-01-01T00:00:00Z', '2025-12-31'].map((date) => item(date, 'x'));
  expect(profileOf(['on', 'x'], items)[0]).toMatchObject({
    type: 'date',
    min: '2023-01-01T00:00:00.000Z',
    max: '2025-12-31T00:00:00.000Z',
  });
  expect(profileOf(['on', 'x'], items)[1]).not.toHaveProperty('min');
});

test.each([
  [['2024-03-05', '2023-01-01', ''], { iso: 'YYYY-MM-DD' }],
  [['2024-03-05T10:00:00.5Z', '2023-01-01T00:00:00.0Z'], { iso: 'YYYY-MM-DDThh:mm:ss.fZ' }],
  [['05/03/2024', '06/03/2024'], { odd: '05/03/2024' }],
  [['2024-03-05T10:00:00+01:00', '2024-04-05T10:00:00+02:00'], { odd: '2024-04-05T10:00:00+02:00' }],
  [[...Array.from({ length: 12 }, () => '2024-03-05'), 'n/a'], { odd: 'n/a' }],
  [[...Array.from({ length: 12 }, () => '2024-03-05'), ' '], { odd: ' ' }],
  [[...Array.from({ length: 12 }, () => '2024-03-05'), '2024-02-30'], { odd: '2024-02-30' }],
  [['9', '1000'], { odd: '9' }],
  [['a', 'b'], {}],
])('%j are told as %j', (values, told) => {
  const [{ iso, odd } = {} as FieldProfile] = profileOf(
    ['on'],
    values.map((value) => item(value)),
  );
  expect({ iso, odd }).toEqual({ iso: undefined, odd: undefined, ...told });
});

test('one odd value among tens of thousands is found, wherever it stands', () => {
  const told = (oddAt: number, first: string) => {
    const values = Array.from({ length: 60_000 }, (_, at) =>
      at === oddAt ? '5 March 2024' : at < 30_000 ? first : '2024-03-05',
    );
    return profileOf(
      ['on'],
      values.map((value) => item(value)),
    )[0];
  };
  expect(told(59_999, '2024-01-01')).toMatchObject({ type: 'date', odd: '5 March 2024' });
  expect(told(-1, '2024-01-01')).toMatchObject({ type: 'date', iso: 'YYYY-MM-DD' });
  expect(told(-1, '')).toMatchObject({ type: 'date', iso: 'YYYY-MM-DD' });
  expect(told(30_001, '')).toMatchObject({ type: 'date', odd: '5 March 2024' });
});
