import fc from 'fast-check';
import { expect, test } from 'vitest';
import { atMost, demandedPrior, leastAtMost, looksFor, looksUntil, most, type Prior } from './bound.ts';

/** The looks that a share takes in all, `wrong` of which are wrong. */
const inAll = (population: number, wrong: number, share: number): number | null => {
  const more = looksFor(population, wrong, wrong, share);
  return more === null ? null : wrong + more;
};

test.each([
  [6_046, 0.01, [397, 698, 920, 1_111]],
  [6_046, 0.02, [193, 356, 474, 577]],
  [6_046, 0.05, [73, 141, 190, 232]],
  [1_902, 0.02, [191, 329, 431, 518]],
  [212, 0.02, [126, 173, 197, 209]],
])('of %i items, %f takes so many looks by how many of them are wrong', (population, share, looks) => {
  expect([0, 1, 2, 3].map((wrong) => inAll(population, wrong, share))).toEqual(looks);
});

test.each([
  [6_046, 40, 0, 519],
  [6_046, 100, 0, 223],
  [6_046, 147, 0, 155],
  [6_046, 232, 1, 185],
  [6_046, 500, 5, 185],
  [6_046, 1_000, 10, 139],
  [6_046, 6_046, 7, 7],
  [1_902, 40, 0, 167],
  [1_902, 140, 0, 52],
  [1_902, 0, 0, 1_902],
  [1, 0, 0, 1],
  [1, 1, 0, 0],
  [1, 1, 1, 1],
  [3, 2, 0, 1],
  [3, 3, 0, 0],
])('of %i items, %i looked at and %i wrong: at most %i', (population, looks, wrong, bound) => {
  expect(atMost(population, looks, wrong)).toBe(bound);
});

test('a demand that was made beforehand would be met with fewer looks, if none is wrong', () => {
  const total = most(6_046, 0.02);
  const prior = demandedPrior(total);
  const needed = [0, 1, 2, 3].map((wrong) => {
    let looks = wrong;
    while (atMost(6_046, looks, wrong, prior) > total) looks += 1;
    return looks;
  });
  expect(needed).toEqual([155, 356, 479, 583]);
});

test('with a uniform prior a total is excluded where its likelihood is at most alpha / (looks + 1)', () => {
  const uniform: Prior = () => 1 / 6_047;
  expect(atMost(6_046, 432, 0, uniform)).toBe(121);
  expect(atMost(6_046, 433, 0, uniform)).toBe(120);
});

test('a proven share takes no more looks, and one that is exceeded can not be proven', () => {
  expect(looksFor(1_902, 140, 0, 0.02)).toBe(51);
  expect(looksFor(1_902, 191, 0, 0.02)).toBe(0);
  expect(looksFor(212, 30, 5, 0.02)).toBeNull();
  expect(looksFor(3, 0, 0, 0.02)).toBe(3);
  expect(looksFor(1, 0, 0, 0.05)).toBe(1);
});

test('a share is a decimal', () => {
  expect(most(100, 0.29)).toBe(29);
  expect(most(1_902, 0.02)).toBe(38);
  expect(most(3, 0.02)).toBe(0);
});

test('what can not be looks is refused', () => {
  expect(() => atMost(10, 11, 0)).toThrow(RangeError);
  expect(() => atMost(10, 5, 6)).toThrow(RangeError);
});

test('of a million items the sum is taken for an integral, and the bound is the same', () => {
  const population = 150_000;
  for (const [looks, wrong] of [
    [5, 0],
    [5, 2],
    [5, 5],
    [100, 1],
    [1_000, 100],
    [1_000, 990],
    [50_000, 3],
    [149_990, 7],
  ] as const)
    expect([looks, wrong, atMost(population, looks, wrong)]).toEqual([looks, wrong, addedUp(population, looks, wrong)]);
});

/** The definition, term by term. */
function addedUp(population: number, looks: number, wrong: number): number {
  const logs = new Float64Array(population + 1);
  for (let n = 2; n <= population; n += 1) logs[n] = (logs[n - 1] as number) + Math.log(n);
  const log = (n: number): number => logs[n] as number;
  const last = population - looks + wrong;
  const heights = new Float64Array(population + 1).fill(Number.NEGATIVE_INFINITY);
  for (let total = wrong; total <= last; total += 1)
    heights[total] = log(total) - log(total - wrong) + log(population - total) - log(last - total);
  const peak = heights.reduce((a, b) => Math.max(a, b));
  let [mean, sum] = [0, 0];
  heights.forEach((height, total) => {
    mean += Math.exp(height - peak) / (total + 1);
    sum += 1 / (total + 1);
  });
  return heights.findLastIndex((height) => mean / sum < 20 * Math.exp(height - peak));
}

const looksAt = fc
  .tuple(
    fc.integer({ min: 1, max: 3_000 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([population, a, b]) => {
    const looks = Math.round(a * population);
    return { population, looks, wrong: Math.round(b * looks) };
  });

test('a look at a right item never raises the bound, one at a wrong item never lowers it below what the right one would have', () => {
  fc.assert(
    fc.property(looksAt, ({ population, looks, wrong }) => {
      fc.pre(looks < population);
      const [before, right] = [atMost(population, looks, wrong), atMost(population, looks + 1, wrong)];
      expect(right).toBeLessThanOrEqual(before);
      expect(atMost(population, looks + 1, wrong + 1)).toBeGreaterThan(right);
      expect(right).toBeGreaterThanOrEqual(wrong);
    }),
    { numRuns: 400 },
  );
});

const verdicts = fc.tuple(
  fc.integer({ min: 0, max: 300 }),
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 200 }),
);

test('the bound of looks in their order is the least of all that any first ones prove, and so never rises', () => {
  fc.assert(
    fc.property(verdicts, fc.integer({ min: 0, max: 9 }), ([more, drawn], often) => {
      const population = drawn.length + more;
      const wrongAt: number[] = [];
      let least = population;
      drawn.forEach((one, index) => {
        if (one < often) wrongAt.push(index + 1);
        least = Math.min(least, atMost(population, index + 1, wrongAt.length));
        expect(leastAtMost({ population, looks: index + 1, wrongAt })).toBe(least);
      });
    }),
    { numRuns: 100 },
  );
});

test('as many more looks as are said prove it, and one fewer does not', () => {
  fc.assert(
    fc.property(looksAt, fc.double({ min: 0.001, max: 0.5, noNaN: true }), ({ population, looks, wrong }, share) => {
      const wrongAt = Array.from({ length: wrong }, (_, index) => index + 1);
      const of = { population, looks, wrongAt };
      const total = most(population, share);
      const more = looksUntil(of, total);
      if (more === null) {
        expect(wrong).toBeGreaterThan(total);
        return;
      }
      expect(leastAtMost({ ...of, looks: looks + more })).toBeLessThanOrEqual(total);
      if (more > 0) expect(leastAtMost({ ...of, looks: looks + more - 1 })).toBeGreaterThan(total);
    }),
    { numRuns: 300 },
  );
});

/** The probability that the bound is ever below the true total, for somebody who looks at it after every item and stops when it is. */
function everWrong(population: number, total: number, bounds: readonly (readonly number[])[]): number {
  let open: number[] = [1];
  let ever = 0;
  for (let looks = 1; looks <= population; looks += 1) {
    const next: number[] = new Array(Math.min(looks, total) + 1).fill(0);
    open.forEach((chance, wrong) => {
      if (chance === 0) return;
      const isWrong = (total - wrong) / (population - looks + 1);
      if (isWrong > 0) next[wrong + 1] = (next[wrong + 1] ?? 0) + chance * isWrong;
      if (isWrong < 1) next[wrong] = (next[wrong] ?? 0) + chance * (1 - isWrong);
    });
    next.forEach((chance, wrong) => {
      if (chance === 0 || (bounds[looks]?.[wrong] ?? 0) >= total) return;
      ever += chance;
      next[wrong] = 0;
    });
    open = next;
  }
  return ever;
}

test.each([10, 20, 60, 212])(
  'of %i items the bound is wrong one time in twenty at most, whatever the truth and whenever one stops',
  (population) => {
    const bounds = Array.from({ length: population + 1 }, (_, looks) =>
      Array.from({ length: looks + 1 }, (__, wrong) => atMost(population, looks, wrong)),
    );
    for (let total = 0; total <= population; total += 1) expect(everWrong(population, total, bounds)).toBeLessThanOrEqual(0.05);
  },
);

/** The same draws for every run. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('reviewers who read the number after every look, and stop at the first that pleases them, are wrong one time in twenty at most', () => {
  const [population, share] = [1_902, 0.02];
  const total = most(population, share) + 1;
  const draw = draws(7);
  const reviewers = 2_000;
  // One declared look at 140 items and none wrong would say 2 %: not for somebody who looks again and again.
  const [ours, naive] = [
    { needed: new Map<number, number>() },
    {
      needed: new Map([
        [0, 140],
        [1, 219],
        [2, 289],
        [3, 354],
      ]),
    },
  ];
  for (let wrong = 0; wrong <= total; wrong += 1)
    ours.needed.set(wrong, inAll(population, wrong, share) ?? Number.POSITIVE_INFINITY);
  const misled = [ours, naive].map(({ needed }) => {
    let count = 0;
    for (let reviewer = 0; reviewer < reviewers; reviewer += 1) {
      let wrong = 0;
      for (let looks = 1; looks <= population; looks += 1) {
        if (draw() < (total - wrong) / (population - looks + 1)) wrong += 1;
        if (wrong === total) break;
        if (looks < (needed.get(wrong) ?? Number.POSITIVE_INFINITY)) continue;
        count += 1;
        break;
      }
    }
    return count / reviewers;
  });
  expect(misled[0]).toBeLessThanOrEqual(0.05);
  expect(misled[1]).toBeGreaterThan(0.1);
});
