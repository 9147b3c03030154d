/** What calls cost, how many items go into one, and what some items say of all. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amountWords, costOf, millionthsOf, tokensAtMost } from './cost.ts';
import { totalOf } from './interval.ts';
import { packSize } from './pack.ts';

describe('a cost', () => {
  test.each([
    [{ input: 0.15, output: 0.6 }, { input: 1_000, output: 100 }, 210],
    [{ input: 3, output: 15 }, { input: 1, output: 1 }, 18],
    [{ input: 0.000001, output: 0 }, { input: 1, output: 0 }, 1],
    [{ input: 0, output: 0 }, { input: 10_000, output: 10_000 }, 0],
  ])('of %o for %o is %i millionths, rounded up', (prices, tokens, cost) => expect(costOf(prices, tokens)).toBe(cost));

  test('of a sum is at most the sum of the costs, and of more is no less', () => {
    const tokens = fc.record({ input: fc.nat(200_000), output: fc.nat(20_000) });
    const price = fc.nat(100_000_000).map((n) => n / 1_000_000);
    fc.assert(
      fc.property(price, price, tokens, tokens, (input, output, one, other) => {
        const sum = { input: one.input + other.input, output: one.output + other.output };
        const of = (given: typeof one) => costOf({ input, output }, given);
        expect(of(sum)).toBeLessThanOrEqual(of(one) + of(other));
        expect(of(sum)).toBeGreaterThanOrEqual(Math.max(of(one), of(other)));
      }),
    );
  });

  test('is never bounded by fewer tokens than there are bytes', () => expect(tokensAtMost(1_000)).toBeGreaterThan(1_000));
});

test.each([
  [0, '0 USD'],
  [3, 'less than 0.0001 USD'],
  [420_000, '0.42 USD'],
  [12_300, '0.0123 USD'],
  [millionthsOf(1_234.5), '1,234.50 USD'],
])('%i millionths are told as %s', (millionths, words) => expect(amountWords(millionths, 'USD')).toBe(words));

describe('what some items say of all', () => {
  test('is exact where all were looked at, and nothing where one was', () => {
    expect(totalOf([1, 2, 3], 3)).toEqual({ low: 6, likely: 6, high: 6 });
    expect(totalOf([5], 100)).toBeNull();
  });

  test('holds the sum of all in 19 of 20 draws', () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const all = Array.from({ length: 2_000 }, () => 100 + 400 * random() ** 3);
    const sum = all.reduce((total, one) => total + one, 0);
    let held = 0;
    for (let draw = 0; draw < 400; draw += 1) {
      const drawn = new Set<number>();
      while (drawn.size < 50) drawn.add(Math.floor(random() * all.length));
      const told = totalOf(
        [...drawn].map((at) => all[at] ?? 0),
        all.length,
      );
      if (told && told.low <= sum && sum <= told.high) held += 1;
    }
    expect(held).toBeGreaterThan(0.9 * 400);
    expect(held).toBeLessThanOrEqual(400);
  });
});

test('a call takes as many items as it bears, and never none', () => {
  const item = (chars: number) => ({ fields: { text: 'x'.repeat(chars) } });
  expect(packSize([item(1_000_000)], 20)).toBe(1);
  expect(
    packSize(
      Array.from({ length: 30 }, () => item(10)),
      20,
    ),
  ).toBe(20);
  expect(
    packSize(
      Array.from({ length: 30 }, () => item(6_000)),
      20,
    ),
  ).toBe(9);
});
